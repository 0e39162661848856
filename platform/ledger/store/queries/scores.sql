-- scores_of --
-- All scores of a trace and its spans: found by the index over traces, since a score may come at any time.
SELECT
    lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span,
    name, timestamp, id, value, label, reason, source, evaluator_version, segment
FROM marks
WHERE project_id = {project:UUID} AND trace_id = toFixedString(unhex({trace:String}), 16)
ORDER BY name, timestamp, id
LIMIT {rows:UInt32}

-- score_places --
-- Where the scores of these ids lie now.
SELECT id, name, timestamp
FROM score_keys FINAL
WHERE project_id = {project:UUID} AND id IN {ids:Array(String)}

-- starts --
-- When these spans began, and when their traces did (under an empty span).
SELECT lower(hex(trace_id)) AS trace, '' AS span, min(start_time) AS start
FROM span_keys
WHERE project_id = {project:UUID}
  AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
GROUP BY trace_id
UNION ALL
SELECT lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, argMax(start_time, version) AS start
FROM span_keys
WHERE project_id = {project:UUID}
  AND trace_id IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
  AND span_id IN (SELECT toFixedString(unhex(arrayJoin({spans:Array(String)})), 8))
GROUP BY trace_id, span_id

-- score_names --
-- Names of the scores in a window, most frequent first.
SELECT name
FROM marks
WHERE project_id = {project:UUID}
  AND timestamp >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND value IS NOT NULL
GROUP BY name
ORDER BY count() DESC, name
LIMIT {rows:UInt32}

-- given_scores --
-- The scores in a window, most frequent first, with the least and the greatest value of each.
SELECT name, min(value) AS least, max(value) AS greatest
FROM marks
WHERE project_id = {project:UUID}
  AND timestamp >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND value IS NOT NULL
GROUP BY name
ORDER BY count() DESC, name
LIMIT {rows:UInt32}

-- scored_range --
-- Between which moments the spans of traces began that were given one of these scores in a window.
SELECT
    toUnixTimestamp64Micro(min(start_time)) AS first,
    toUnixTimestamp64Micro(max(start_time)) AS last
FROM span_keys
WHERE project_id = {project:UUID}
  AND trace_id IN (
      SELECT trace_id
      FROM marks
      WHERE project_id = {project:UUID}
        AND timestamp >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
        AND timestamp < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
        AND name IN {score_names:Array(String)}
  )
