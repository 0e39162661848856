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
  AND start_time >= fromUnixTimestamp64Micro({scored_first:Int64}, 'UTC')
  AND start_time <= fromUnixTimestamp64Micro({scored_last:Int64}, 'UTC')
  AND trace_id IN (SELECT trace_id FROM ($marks))

-- tag --
-- The value of a tag on a span.
tags[{tag_$number:String}] AS tag_$number

-- of_root --
-- What the root says, and nothing else: it makes the trace.
argMin(span.$column, span.place) AS $column,

-- of_first --
-- What the root says, else the first span that says it.
argMinIf(span.$column, span.place, span.$column != '') AS $column,

-- failure_kind_of_trace --
-- Why the trace failed: its root may know, else the first step that failed does.
argMin(span.failure_kind, span.place) AS own_failure_kind,
argMin(span.status, span.place) AS own_status,
argMinIf(span.failure_kind, span.place, span.failure_kind != '') AS first_failure_kind,
if(own_failure_kind != '' OR own_status = 'ok', own_failure_kind, first_failure_kind) AS failure_kind,

-- no_steps --
-- The question does not look into traces.
[tuple(1)] AS steps

-- steps --
-- What the trace's calls, agents and tools were, as far as the question tells them apart.
groupUniqArrayIf(tuple($columns), $condition) AS steps

-- heads --
-- One row a trace, as its root tells it, else its earliest span.
SELECT
    span.trace_id AS trace_id,
    argMin(span.start_time, span.place) AS start_time,
    argMin(span.weight, span.place) AS weight,
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
