-- evaluation_range --
-- Between which moments the spans of these traces began.
SELECT
    toUnixTimestamp64Micro(min(start_time)) AS first,
    toUnixTimestamp64Micro(max(start_time)) AS last
FROM span_keys
WHERE project_id = {project:UUID}
  AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
HAVING count() > 0

-- generations --
-- The settled model calls of these traces with what they answered; further reports of the same call are left out.
SELECT
    lower(hex(call.trace_id)) AS trace, lower(hex(call.span_id)) AS span, call.start_time AS start,
    call.status AS status, call.failure_kind AS failure_kind, said.finish_reasons AS finish_reasons,
    said.output AS output, said.attributes AS attributes
FROM
(
    SELECT trace_id, span_id, start_time, status, failure_kind
    FROM calls
    WHERE project_id = {project:UUID}
      AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
      AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
      AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
      AND kind = 'generation'
      AND cost_status NOT IN ('pending', 'duplicate')
) AS call
LEFT JOIN
(
    SELECT
        span.trace_id AS trace_id, span.span_id AS span_id, span.start_time AS start_time,
        span.finish_reasons AS finish_reasons, body.output AS output, body.attributes AS attributes
    FROM
    (
        SELECT trace_id, span_id, start_time, finish_reasons
        FROM ledger
        WHERE project_id = {project:UUID}
          AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
          AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
          AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
          AND kind = 'generation'
    ) AS span
    LEFT JOIN
    (
        SELECT trace_id, span_id, start_time, output, attributes
        FROM bodies FINAL
        WHERE project_id = {project:UUID}
          AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
          AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
          AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
    ) AS body
    ON body.trace_id = span.trace_id AND body.span_id = span.span_id AND body.start_time = span.start_time
) AS said
ON said.trace_id = call.trace_id AND said.span_id = call.span_id AND said.start_time = call.start_time
ORDER BY start, trace, span

-- graded --
-- How many spans each evaluator has scored since a moment, and what it said on average; without a name, all together.
SELECT name, uniqExact(trace_id, span_id) AS n, avg(value) AS mean
FROM marks
WHERE project_id = {project:UUID}
  AND name IN {names:Array(String)}
  AND evaluator_version IN {evaluators:Array(String)}
  AND updated_at >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND source = 'code'
  AND value IS NOT NULL
GROUP BY GROUPING SETS ((name), ())
