-- near_spans --
-- The spans of all traces that may have begun in the window: a little more on either side, since traces last.
SELECT $tags *
FROM ledger
WHERE project_id = {project:UUID}
  AND start_time >= fromUnixTimestamp64Micro({near_since:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Micro({near_until:Int64}, 'UTC')

-- scored_spans --
-- The spans of the traces that were given one of the scores in the window, whenever they ran.
SELECT $tags *
FROM ledger
WHERE project_id = {project:UUID}
  AND trace_id IN (SELECT trace_id FROM ($marks))
  AND start_time >= (
      SELECT min(start_time) FROM span_keys
      WHERE project_id = {project:UUID} AND trace_id IN (SELECT trace_id FROM ($marks))
  )
  AND start_time <= (
      SELECT max(start_time) FROM span_keys
      WHERE project_id = {project:UUID} AND trace_id IN (SELECT trace_id FROM ($marks))
  )

-- tag --
-- The value of a tag on a span.
tags[{tag_$number:String}] AS tag_$number

-- tag_of_trace --
-- The value of a tag on a trace: the root's, else the first that a span has.
argMinIf(span.tag_$number, span.place, span.tag_$number != '') AS tag_$number

-- no_steps --
-- The question does not look into traces.
[tuple(1)] AS steps

-- steps --
-- What the trace's calls, agents and tools were, as far as the question tells them apart.
groupUniqArrayIf(tuple($columns), $condition) AS steps

-- heads --
-- One row a trace, as its root tells it, else its earliest span. What a root leaves out is taken from the first that says it.
SELECT
    span.trace_id AS trace_id,
    argMin(span.start_time, span.place) AS start_time,
    argMin(span.weight, span.place) AS weight,
    argMin(span.status, span.place) AS status,
    argMin(span.route, span.place) AS route,
    argMin(span.service, span.place) AS service,
    argMin(span.failure_kind, span.place) AS own_failure_kind,
    argMinIf(span.failure_kind, span.place, span.failure_kind != '') AS first_failure_kind,
    if(own_failure_kind != '' OR status = 'ok', own_failure_kind, first_failure_kind) AS failure_kind,
    argMinIf(span.user_id, span.place, span.user_id != '') AS user_id,
    argMinIf(span.session_id, span.place, span.session_id != '') AS session_id,
    argMinIf(span.customer, span.place, span.customer != '') AS customer,
    argMinIf(span.environment, span.place, span.environment != '') AS environment,
    argMinIf(span.release, span.place, span.release != '') AS release,
    argMinIf(span.prompt, span.place, span.prompt != '') AS prompt,
    argMinIf(span.variant, span.place, span.variant != '') AS variant,
    $more
FROM (
    SELECT
        *,
        -- roots before others, then the earliest; the span's id makes a tie fall the same way every time
        bitShiftLeft(toUInt128((reinterpretAsUInt64(parent_id) != 0) * 0x4000000000000000 + toUnixTimestamp64Micro(start_time)), 64)
            + reinterpretAsUInt64(span_id) AS place,
        kind IN ('generation', 'embedding') AND cost_status != 'duplicate' AS counted
    FROM ($spans)
) AS span
GROUP BY span.trace_id

-- one_trace --
-- The spans of one trace.
SELECT *
FROM ledger
WHERE project_id = {project:UUID}
  AND trace_id = toFixedString(unhex({trace:String}), 16)
  AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
  AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
