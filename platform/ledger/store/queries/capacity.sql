-- metric_points --
-- The points of one metric in a window, series by series in order of time.
SELECT
    name, toUnixTimestamp64Micro(time) AS at, lower(hex(series)) AS series_text, kind,
    toUnixTimestamp64Micro(start_time) AS begun, temporality, monotonic, unit, service, instance, scope, attributes,
    value, count, sum, min, max, bounds, buckets
FROM metric_points FINAL
WHERE project_id = {project:UUID}
  AND name = {metric:String}
  AND time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
ORDER BY series, time
LIMIT {rows:UInt32}
