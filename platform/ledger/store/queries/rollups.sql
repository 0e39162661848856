-- rollup_state --
-- The marks of the hours near a window, and the builds that count of hours and days there.
SELECT 'mark' AS length, toUnixTimestamp(hour) AS begins, 0 AS build, max(mark) AS mark
FROM dirty_hours
WHERE project_id = {project:UUID} AND hour >= toDateTime({since:Int64}, 'UTC') AND hour < toDateTime({until:Int64}, 'UTC')
GROUP BY hour
UNION ALL
SELECT length, toUnixTimestamp(begins), max(build), argMax(mark, build)
FROM rollup_builds
WHERE project_id = {project:UUID} AND length IN ('hour', 'day')
  AND begins >= toDateTime({since:Int64}, 'UTC') AND begins < toDateTime({until:Int64}, 'UTC')
GROUP BY length, rollup_builds.begins

-- large_projects (house-wide) --
-- Projects with at least so many rows of calls, those included that others will replace.
SELECT project_id FROM call_entries GROUP BY project_id HAVING count() >= {least:UInt64}

-- hours_to_build (house-wide) --
-- Closed hours that have changed since they were built last, and not for a while: newest first.
SELECT project_id, toUnixTimestamp(hour) AS begins, max(dirty_hours.mark) AS mark
FROM dirty_hours
LEFT JOIN
(
    SELECT project_id, begins AS hour, argMax(mark, build) AS built
    FROM rollup_builds
    WHERE length = 'hour'
    GROUP BY project_id, begins
) AS b USING (project_id, hour)
WHERE project_id IN {projects:Array(UUID)}
GROUP BY project_id, hour
HAVING begins < {closed:Int64} AND mark < {quiet:UInt64} AND mark > any(b.built)
ORDER BY begins DESC, project_id
LIMIT {rows:UInt32}

-- days_to_build (house-wide) --
-- Days of which every hour is built, and at least one newer than the day.
SELECT h.project_id AS project_id, toUnixTimestamp(h.day) AS begins, max(h.mark) AS mark
FROM
(
    SELECT
        project_id, toStartOfDay(hour) AS day, max(dirty_hours.mark) AS mark, mark <= any(b.built) AS fresh
    FROM dirty_hours
    LEFT JOIN
    (
        SELECT project_id, begins AS hour, argMax(mark, build) AS built
        FROM rollup_builds
        WHERE length = 'hour'
        GROUP BY project_id, begins
    ) AS b USING (project_id, hour)
    WHERE project_id IN {projects:Array(UUID)}
    GROUP BY project_id, hour
) AS h
LEFT JOIN
(
    SELECT project_id, begins AS day, argMax(mark, build) AS built
    FROM rollup_builds
    WHERE length = 'day'
    GROUP BY project_id, begins
) AS d ON d.project_id = h.project_id AND d.day = h.day
GROUP BY h.project_id, h.day
HAVING begins + 86400 <= {closed:Int64} AND min(h.fresh) AND mark > any(d.built)
ORDER BY begins DESC, project_id
LIMIT {rows:UInt32}

-- outdated_builds (house-wide) --
-- How many rows of rollups belong to builds that count no more, or never did.
SELECT
    (
        SELECT count() FROM rollup_calls
        WHERE build < {before:UInt64}
          AND (project_id, length, begins, build) NOT IN (SELECT project_id, length, begins, build FROM rollup_builds FINAL)
    ) + (
        SELECT count() FROM rollup_traces
        WHERE build < {before:UInt64}
          AND (project_id, length, begins, build) NOT IN (SELECT project_id, length, begins, build FROM rollup_builds FINAL)
    ) AS outdated

-- drop_calls_of_builds (house-wide) --
-- Forget what no reader takes any more.
DELETE FROM rollup_calls
WHERE build < {before:UInt64}
  AND (project_id, length, begins, build) NOT IN (SELECT project_id, length, begins, build FROM rollup_builds FINAL)

-- drop_traces_of_builds (house-wide) --
-- The same of traces.
DELETE FROM rollup_traces
WHERE build < {before:UInt64}
  AND (project_id, length, begins, build) NOT IN (SELECT project_id, length, begins, build FROM rollup_builds FINAL)

-- entries_of_project --
-- How many entries of calls and traces a project has, estimated by the key.
EXPLAIN ESTIMATE
SELECT trace_id FROM call_entries WHERE project_id = {project:UUID}
UNION ALL
SELECT trace_id FROM trace_entries WHERE project_id = {project:UUID}
