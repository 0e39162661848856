-- page --
-- Traces that began in the window, one page of them.
SELECT
    lower(hex(trace_id)) AS trace_id_text,
    name,
    route,
    start_time,
    duration_us,
    status,
    failure_kind,
    cost,
    calls,
    models,
    all_input_tokens,
    all_cache_read_tokens,
    all_cache_write_tokens,
    all_cache_write_1h_tokens,
    all_output_tokens,
    all_reasoning_tokens,
    user_id,
    session_id,
    environment,
    $rank AS rank
FROM ($heads)
WHERE start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND start_time < fromUnixTimestamp64Micro({until:Int64}, 'UTC')
  AND $conditions
ORDER BY rank DESC, start_time DESC, trace_id DESC
LIMIT {rows:UInt32}

-- after --
-- What comes behind the last trace of the page before.
(rank, start_time, trace_id) < (
    toDecimal128({after_rank:String}, 12),
    fromUnixTimestamp64Micro({after_start:Int64}, 'UTC'),
    toFixedString(unhex({after_trace:String}), 16)
)

-- by_start --
-- Newest first: nothing goes before the start.
toDecimal128(0, 12)

-- by_cost --
-- Dearest first, unknown last.
toDecimal128(ifNull(cost, -1), 12)

-- by_duration --
-- Longest first.
toDecimal128(duration_us, 12)

-- sums --
-- What a trace's calls come to, each counted once, and what its root is called.
argMin(span.name, span.place) AS name,
argMin(span.duration_us, span.place) AS duration_us,
duration_us / 1000 AS duration_ms,
countIf(span.counted) AS calls,
sumIf(span.cost, span.counted) AS cost,
sumIf(span.input_tokens, span.counted) AS all_input_tokens,
sumIf(span.cache_read_tokens, span.counted) AS all_cache_read_tokens,
sumIf(span.cache_write_tokens, span.counted) AS all_cache_write_tokens,
sumIf(span.cache_write_1h_tokens, span.counted) AS all_cache_write_1h_tokens,
sumIf(span.output_tokens, span.counted) AS all_output_tokens,
sumIf(span.reasoning_tokens, span.counted) AS all_reasoning_tokens,
arraySort(groupUniqArrayIf(32)(span.model, span.counted AND span.model != '')) AS models,

-- has_step --
-- The trace has a step that fits.
countIf($condition) > 0 AS fits_$number,

-- has_text --
-- The text stands in a name or in the beginning of an input or output; upper and lower case are the same.
countIf(
    positionCaseInsensitiveUTF8(span.name, {q:String}) > 0
    OR positionCaseInsensitiveUTF8(span.input_preview, {q:String}) > 0
    OR positionCaseInsensitiveUTF8(span.output_preview, {q:String}) > 0
) > 0 AS has_text,

-- heading --
-- A trace as a whole.
SELECT *, lower(hex(trace_id)) AS trace_id_text
FROM ($heads)

-- whole --
-- What only the page of one trace shows.
argMinIf(span.tags, span.place, notEmpty(span.tags)) AS tags,
count() AS spans,
