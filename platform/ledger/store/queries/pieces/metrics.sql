-- answer --
-- The total first, then the groups in order of time and of the first measure.
SELECT $keys total, sampled, $measures
FROM (
    SELECT
        $keys
        $total AS total,
        max(e.sampled) AS sampled
        $parts
    FROM ($sources) AS e
    $grouping
)
ORDER BY total DESC, $order
LIMIT {rows:UInt32}

-- calls --
-- Reports of calls in the window.
SELECT
    $keys
    1 AS first,
    max(c.weight != 1) AS sampled
    $parts
FROM ($rows) AS c
WHERE $conditions
GROUP BY $groups first

-- rows_of_calls --
-- Each report of a call in a stretch of time, and what it counts as.
SELECT
    *,
    $weighed,
    kind != 'tool' AND cost_status != 'duplicate' AS counted,
    kind = 'tool' AND cost_status != 'duplicate' AS ran,
    status = 'error' AS failed
FROM calls
WHERE project_id = {project:UUID} AND ($stretch) AND kind IN ($kinds)

-- model_calls --
-- What is a model call.
'generation', 'embedding'

-- all_calls --
-- The same, and runs of tools.
'generation', 'embedding', 'tool'

-- traces --
-- Traces that began in the window, in a group for each of the steps that the question tells apart.
SELECT
    $keys
    $first AS first,
    max(t.weight != 1) AS sampled
    $parts
FROM ($rows) AS t
$joined
WHERE $conditions
GROUP BY $groups first

-- rows_of_traces --
-- Each trace that began in a stretch of time.
SELECT *, $weighed
FROM traces
WHERE project_id = {project:UUID} AND ($stretch)

-- by_step --
-- A trace counts once for each of its steps.
ARRAY JOIN $steps AS step, arrayEnumerate($steps) AS place

-- window --
-- The whole window.
start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC') AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')

-- scored_window --
-- When the traces ran that were given the scores.
start_time >= fromUnixTimestamp64Micro({scored_first:Int64}, 'UTC')
    AND start_time <= fromUnixTimestamp64Micro({scored_last:Int64}, 'UTC')

-- estimate --
-- How many rows a source would be read of, by its key.
SELECT trace_id FROM $table WHERE project_id = {project:UUID} AND ($stretch)

-- call_scores --
-- The scores in the window of spans that are model calls: they count where the call counts.
SELECT
    $keys
    1 AS first,
    max(m.weight != 1) AS sampled
    $parts
FROM (
    SELECT mark.name AS mark_name, mark.value AS mark_value, mark.timestamp AS mark_time, $weighed, call.*
    FROM ($marks) AS mark
    INNER JOIN ($calls) AS call ON call.trace_id = mark.trace_id AND call.span_id = mark.span_id
) AS m
WHERE $conditions
GROUP BY $groups first

-- trace_scores --
-- The other scores in the window: they count where the trace counts, as soon as it is settled.
SELECT
    $keys
    $first AS first,
    max(m.weight != 1) AS sampled
    $parts
FROM (
    SELECT mark.name AS mark_name, mark.value AS mark_value, mark.timestamp AS mark_time, $weighed, trace.*
    FROM ($marks) AS mark
    INNER JOIN ($traces) AS trace ON trace.trace_id = mark.trace_id
    WHERE (mark.trace_id, mark.span_id) NOT IN (SELECT trace_id, span_id FROM ($calls))
) AS m
$joined
WHERE $conditions
GROUP BY $groups first

-- marks --
-- The scores in the window that the question asks for.
SELECT trace_id, span_id, name, value, timestamp
FROM marks
WHERE project_id = {project:UUID}
  AND timestamp >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND name IN {score_names:Array(String)}
  AND value IS NOT NULL

-- scored_calls --
-- The model calls of the traces that were given one of the scores in the window, whenever they ran.
SELECT *
FROM calls
WHERE project_id = {project:UUID}
  AND $stretch
  AND kind IN ('generation', 'embedding')
  AND trace_id IN (SELECT trace_id FROM ($marks))

-- scored_traces --
-- The traces that were given one of the scores in the window, whenever they began.
SELECT *
FROM traces
WHERE project_id = {project:UUID}
  AND $stretch
  AND trace_id IN (SELECT trace_id FROM ($marks))

-- weighed --
-- How many an entry stands for: as a decimal, so that sums come out the same in any order, and whole, for quantiles.
-- What can't be a weight counts as 1.
toDecimal128(if(weight BETWEEN 0 AND 1000000, weight, 1), 6) AS share,
toUInt32(if(weight BETWEEN 1 AND 1000000, round(weight), 1)) AS copies

-- minute --
-- The minute of a moment.
toStartOfMinute($moment)

-- hour --
-- The hour of a moment.
toStartOfHour($moment)

-- day --
-- The day of a moment, in UTC.
toStartOfDay($moment)

-- values --
-- What a column of calls and traces in a window holds, most frequent first.
SELECT value
FROM (
    SELECT toString($column) AS value
    FROM calls
    WHERE project_id = {project:UUID} AND $stretch
    UNION ALL
    SELECT arrayJoin($of_trace) AS value
    FROM traces
    WHERE project_id = {project:UUID} AND $stretch
)
WHERE value != '' AND positionCaseInsensitiveUTF8(value, {containing:String}) > 0
GROUP BY value
ORDER BY count() DESC, value
LIMIT {rows:UInt32}

-- value_of_trace --
-- What the trace says.
[toString($column)]

-- values_of_steps --
-- What its steps say, each once.
arrayDistinct(arrayMap(s -> toString($column), steps))
