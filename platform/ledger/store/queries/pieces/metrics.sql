-- answer --
-- The total first, then the groups in order of time and of the first measure.
SELECT $keys total, sampled, $measures
FROM (
    SELECT
        $keys
        $total AS total,
        max(e.sampled) AS sampled
        $parts
    FROM ($entries) AS e
    $grouping
)
ORDER BY total DESC, $order
LIMIT {rows:UInt32}

-- calls --
-- Every report of a model call in the window.
SELECT
    $keys
    $weighed
    1 AS first,
    0 AS is_trace,
    cost_status != 'duplicate' AS counted,
    cost_status = 'duplicate' AS duplicate,
    status = 'error' AS failed,
    $in_vain AS in_vain,
    cost_status,
    cost,
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    output_tokens,
    reasoning_tokens,
    ifNull(input_tokens, 0) + ifNull(cache_read_tokens, 0) + ifNull(cache_write_tokens, 0) + ifNull(output_tokens, 0)
        AS all_tokens,
    duration_us,
    ttft_us,
    '' AS person,
    '' AS score_name,
    CAST(NULL AS Nullable(Float64)) AS score
FROM (
    SELECT $tags *
    FROM ledger
    WHERE project_id = {project:UUID}
      AND start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
      AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
)
WHERE kind IN ('generation', 'embedding') AND $conditions

-- traces --
-- Every trace that began in the window, once for each of the steps that the question tells apart.
SELECT
    $keys
    $weighed
    number = 1 AS first,
    1 AS is_trace,
    0 AS counted,
    0 AS duplicate,
    status = 'error' AS failed,
    0 AS in_vain,
    '' AS cost_status,
    $nothing
    user_id AS person,
    '' AS score_name,
    CAST(NULL AS Nullable(Float64)) AS score
FROM ($heads)
ARRAY JOIN steps AS step, arrayEnumerate(steps) AS number
WHERE start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND $conditions

-- call_scores --
-- The scores in the window of spans that are model calls: they count where the call counts.
SELECT
    $keys
    $weighed
    1 AS first,
    0 AS is_trace,
    0 AS counted,
    0 AS duplicate,
    0 AS failed,
    0 AS in_vain,
    '' AS cost_status,
    $nothing
    '' AS person,
    mark_name AS score_name,
    mark_value AS score
FROM (
    SELECT mark.name AS mark_name, mark.value AS mark_value, mark.timestamp AS mark_time, call.*
    FROM ($marks) AS mark
    INNER JOIN ($spans) AS call ON call.trace_id = mark.trace_id AND call.span_id = mark.span_id
)
WHERE kind IN ('generation', 'embedding') AND $conditions

-- trace_scores --
-- The other scores in the window: they count where the trace counts, once for each step that the question tells apart.
SELECT
    $keys
    $weighed
    number <= 1 AS first,
    0 AS is_trace,
    0 AS counted,
    0 AS duplicate,
    0 AS failed,
    0 AS in_vain,
    '' AS cost_status,
    $nothing
    '' AS person,
    mark_name AS score_name,
    mark_value AS score
FROM (
    SELECT mark.name AS mark_name, mark.value AS mark_value, mark.timestamp AS mark_time, trace.*
    FROM ($marks) AS mark
    LEFT JOIN ($heads) AS trace ON trace.trace_id = mark.trace_id
    WHERE (mark.trace_id, mark.span_id) NOT IN (SELECT trace_id, span_id FROM ($spans) WHERE kind IN ('generation', 'embedding'))
)
LEFT ARRAY JOIN steps AS step, arrayEnumerate(steps) AS number
WHERE $conditions

-- marks --
-- The scores in the window that the question asks for.
SELECT trace_id, span_id, name, value, timestamp
FROM marks
WHERE project_id = {project:UUID}
  AND timestamp >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND timestamp < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND name IN {score_names:Array(String)}
  AND value IS NOT NULL

-- nothing --
-- What an entry has to say about money and time when it is not a call.
CAST(NULL AS Nullable(Decimal(18, 12))) AS cost,
CAST(NULL AS Nullable(Int64)) AS input_tokens,
CAST(NULL AS Nullable(Int64)) AS cache_read_tokens,
CAST(NULL AS Nullable(Int64)) AS cache_write_tokens,
CAST(NULL AS Nullable(Int64)) AS output_tokens,
CAST(NULL AS Nullable(Int64)) AS reasoning_tokens,
0 AS all_tokens,
0 AS duration_us,
CAST(NULL AS Nullable(Int64)) AS ttft_us,

-- weighed --
-- How many an entry stands for: as a decimal, so that sums come out the same in any order, and whole, for quantiles.
-- What can't be a weight counts as 1.
toDecimal128(if(weight BETWEEN 0 AND 1000000, weight, 1), 6) AS share,
toUInt32(if(weight BETWEEN 1 AND 1000000, round(weight), 1)) AS copies,
weight != 1 AS sampled,

-- in_vain --
-- The call belongs to a trace that failed.
trace_id IN (SELECT trace_id FROM ($heads) WHERE status = 'error')

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
-- What a column of the spans in a window holds, most frequent first.
SELECT value
FROM (
    SELECT toString($column) AS value
    FROM (
        SELECT $tags *
        FROM ledger
        WHERE project_id = {project:UUID}
          AND start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
          AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
    )
)
WHERE value != '' AND positionCaseInsensitiveUTF8(value, {containing:String}) > 0
GROUP BY value
ORDER BY count() DESC, value
LIMIT {rows:UInt32}
