-- read_calls --
-- Sums of calls from the builds that count.
SELECT
    $keys
    1 AS first,
    max(e.sampled) AS sampled
    $parts
FROM (SELECT * FROM rollup_calls WHERE project_id = {project:UUID} AND $chosen $tools) AS e
WHERE $conditions
GROUP BY $groups first

-- read_traces --
-- The same of traces.
SELECT
    $keys
    1 AS first,
    max(e.sampled) AS sampled
    $parts
FROM (SELECT * FROM rollup_traces WHERE project_id = {project:UUID} AND $chosen) AS e
WHERE $conditions
GROUP BY $groups first

-- no_tools --
-- Model calls alone.
AND NOT is_tool

-- chosen --
-- The builds that the reader has chosen.
(length, begins, build) IN (
    SELECT tupleElement(one, 1), toDateTime(tupleElement(one, 2), 'UTC'), tupleElement(one, 3)
    FROM (
        SELECT arrayJoin(arrayZip({lengths:Array(String)}, {begins:Array(UInt32)}, {builds:Array(UInt64)})) AS one
    )
)

-- nothing --
-- No stretch of time.
0

-- stretch --
-- A part of the window.
start_time >= fromUnixTimestamp64Micro({raw_${number}_since:Int64}, 'UTC')
    AND start_time < fromUnixTimestamp64Micro({raw_${number}_until:Int64}, 'UTC')

-- hours --
-- Some hours, by their beginnings.
start_time >= toDateTime({first:Int64}, 'UTC') AND start_time < toDateTime({last:Int64}, 'UTC') + toIntervalHour(1)
    AND toUnixTimestamp(toStartOfHour(start_time)) IN {hours:Array(UInt32)}

-- build_calls --
-- Build hours of a project anew from its calls.
INSERT INTO rollup_calls
    (project_id, length, begins, build, route, provider, model, environment, status, failure_kind, is_tool, sampled $names)
SELECT
    {project:UUID}, 'hour', toStartOfHour(c.start_time) AS hour, {build:UInt64},
    c.route, c.provider, c.model, c.environment, c.status, c.failure_kind, c.kind = 'tool' AS tools, max(c.weight != 1)
    $parts
FROM ($rows) AS c
GROUP BY hour, c.route, c.provider, c.model, c.environment, c.status, c.failure_kind, tools

-- build_traces --
-- The same from its traces.
INSERT INTO rollup_traces
    (project_id, length, begins, build, route, environment, status, failure_kind, sampled $names)
SELECT
    {project:UUID}, 'hour', toStartOfHour(t.start_time) AS hour, {build:UInt64},
    t.route, t.environment, t.status, t.failure_kind, max(t.weight != 1)
    $parts
FROM ($rows) AS t
GROUP BY hour, t.route, t.environment, t.status, t.failure_kind

-- add_up_calls --
-- Build days of a project from the hours that are built.
INSERT INTO rollup_calls
    (project_id, length, begins, build, route, provider, model, environment, status, failure_kind, is_tool, sampled $names)
SELECT
    {project:UUID}, 'day', toStartOfDay(e.begins) AS day, {build:UInt64},
    e.route, e.provider, e.model, e.environment, e.status, e.failure_kind, e.is_tool, max(e.sampled)
    $parts
FROM (SELECT * FROM rollup_calls WHERE project_id = {project:UUID} AND $chosen) AS e
GROUP BY day, e.route, e.provider, e.model, e.environment, e.status, e.failure_kind, e.is_tool

-- add_up_traces --
-- The same of traces.
INSERT INTO rollup_traces
    (project_id, length, begins, build, route, environment, status, failure_kind, sampled $names)
SELECT
    {project:UUID}, 'day', toStartOfDay(e.begins) AS day, {build:UInt64},
    e.route, e.environment, e.status, e.failure_kind, max(e.sampled)
    $parts
FROM (SELECT * FROM rollup_traces WHERE project_id = {project:UUID} AND $chosen) AS e
GROUP BY day, e.route, e.environment, e.status, e.failure_kind
