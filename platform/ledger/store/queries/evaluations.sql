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
-- The model calls of these traces with what they answered; further reports of the same call are left out.
SELECT
    lower(hex(calls.trace_id)) AS trace, lower(hex(calls.span_id)) AS span, calls.start_time AS start,
    status, failure_kind, finish_reasons, output, attributes
FROM
(
    SELECT trace_id, span_id, start_time, status, failure_kind, finish_reasons
    FROM ledger
    WHERE project_id = {project:UUID}
      AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
      AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
      AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
      AND kind = 'generation'
      AND cost_status NOT IN ('pending', 'duplicate')
) AS calls
LEFT JOIN
(
    SELECT trace_id, span_id, start_time, output, attributes
    FROM bodies FINAL
    WHERE project_id = {project:UUID}
      AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
      AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
      AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
) AS said
ON calls.trace_id = said.trace_id AND calls.span_id = said.span_id AND calls.start_time = said.start_time
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
