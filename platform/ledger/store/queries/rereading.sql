-- projects_read_before (house-wide) --
-- Which projects have spans in a window that an older mapping read.
SELECT DISTINCT project_id
FROM spans
WHERE start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND mapping_version < {mapping:UInt16}
  AND NOT is_deleted
ORDER BY project_id

-- days_read_before --
-- How many spans of each day in a window an older mapping read.
SELECT toDate(start_time, 'UTC') AS day, count() AS spans
FROM ledger
WHERE project_id = {project:UUID}
  AND start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND mapping_version < {mapping:UInt16}
GROUP BY day
ORDER BY day

-- traces_read_before --
-- The traces of a window with spans that an older mapping read, and how many of those each has there. In order of time,
-- so that the traces of one page lie close together and the next question reads little else.
SELECT lower(hex(trace_id)) AS trace, count() AS spans
FROM ledger
WHERE project_id = {project:UUID}
  AND start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND mapping_version < {mapping:UInt16}
GROUP BY trace_id
ORDER BY min(start_time), trace_id

-- reach_of_traces --
-- Between which moments the spans of some traces began.
SELECT
    toUnixTimestamp64Micro(min(start_time)) AS first,
    toUnixTimestamp64Micro(max(start_time)) AS last
FROM span_keys
WHERE project_id = {project:UUID}
  AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))

-- kept_spans --
-- All spans of some traces: their facts, and what was kept of the words in which they were sent.
SELECT
    s.*,
    toUnixTimestamp64Micro(s.start_time) AS start,
    toUnixTimestamp64Micro(s.received_at) AS received,
    b.input AS input, b.output AS output, b.attributes AS attributes, b.resource AS resource,
    b.events AS events, b.links AS links, b.envelope AS envelope
FROM
(
    SELECT *
    FROM ledger
    WHERE project_id = {project:UUID}
      AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
      AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
      AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
) AS s
LEFT JOIN
(
    SELECT start_time, trace_id, span_id, input, output, attributes, resource, events, links, envelope
    FROM bodies FINAL
    WHERE project_id = {project:UUID}
      AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
      AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
      AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
) AS b USING (start_time, trace_id, span_id)
ORDER BY s.trace_id, s.start_time, s.span_id

-- announced_last (house-wide) --
-- The traces of the last group that a node announced.
SELECT project_id, trace_id
FROM arrivals
WHERE node = {node:String} AND group_seq = (SELECT max(group_seq) FROM arrivals WHERE node = {node:String})
