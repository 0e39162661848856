-- calls_of_responses --
-- Which call's span tells of each of these responses: of several the one that carries the money, else the earliest.
SELECT response_id, lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span
FROM calls
WHERE project_id = {project:UUID} AND response_id IN {responses:Array(String)}
ORDER BY response_id, cost_status = 'duplicate', start_time, trace_id, span_id
LIMIT 1 BY response_id

-- unjoined_scores (house-wide) --
-- Evaluations that wait for their call, of all projects, the newest first.
SELECT project_id, response_id, id, score, received_at
FROM unjoined_scores FINAL
ORDER BY received_at DESC, id
LIMIT {rows:UInt32}
