-- outcome_places --
-- Where the outcomes of these ids stand, and since when.
SELECT
    id, (toString(subject), subject_id, toString(name)) AS place, toUnixTimestamp64Micro(updated_at) AS since
FROM outcome_keys FINAL
WHERE project_id = {project:UUID} AND id IN {ids:Array(String)}

-- charge_places --
-- Where the charges of these ids stand, and since when.
SELECT id, (toString(subject), subject_id, id) AS place, toUnixTimestamp64Micro(updated_at) AS since
FROM charge_keys FINAL
WHERE project_id = {project:UUID} AND id IN {ids:Array(String)}

-- outcomes_first --
-- When what is known of how these traces and sessions ended was first told, name by name.
SELECT (toString(subject), subject_id, toString(name)) AS place, toUnixTimestamp64Micro(received_at) AS first
FROM outcomes FINAL
WHERE project_id = {project:UUID} AND subject IN ('trace', 'session') AND subject_id IN {subjects:Array(String)}

-- traces_of_sessions --
-- The traces of some sessions, by what their spans say.
SELECT DISTINCT trace_id
FROM spans
WHERE project_id = {project:UUID} AND session_id IN {sessions:Array(String)}

-- outcomes_of --
-- What is known of how a trace or a session ended.
SELECT subject, subject_id, name, success, value, id, received_at AS known_at
FROM outcomes FINAL
WHERE project_id = {project:UUID} AND subject = {subject:String} AND subject_id = {subject_id:String}
ORDER BY name

-- charges_of --
-- What a trace or a session cost beside tokens.
SELECT subject, subject_id, kind, amount, id
FROM charges FINAL
WHERE project_id = {project:UUID} AND subject = {subject:String} AND subject_id = {subject_id:String}
ORDER BY kind, id

-- outcome_delays --
-- How many traces of each day are alike in age and in the delay of their outcome, both in numbers of edges passed.
SELECT
    toStartOfDay(start_time) AS day,
    arrayCount(edge -> edge <= {now:Int64} - toUnixTimestamp64Micro(ended), {edges:Array(Int64)}) AS age,
    if(
        isNull(outcome_at),
        NULL,
        arrayCount(
            edge -> edge < toUnixTimestamp64Micro(assumeNotNull(outcome_at)) - toUnixTimestamp64Micro(ended),
            {edges:Array(Int64)}
        )
    ) AS delay,
    count() AS traces
FROM traces
WHERE project_id = {project:UUID}
  AND start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND ({every_route:Bool} OR route = {route:String})
GROUP BY day, age, delay
ORDER BY day, age, delay
