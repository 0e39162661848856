-- page --
-- Settled traces that began in the window, one page of them.
SELECT
    lower(hex(trace_id)) AS trace_id_text,
    name,
    route,
    start_time,
    duration_us,
    status,
    failure_kind,
    loop_tool,
    loop_calls,
    cost,
    calls,
    arraySort(arrayDistinct(arrayFilter(model -> model != '', arrayMap(
        s -> if(tupleElement(s, 'kind') IN ('generation', 'embedding'), tupleElement(s, 'model'), ''), steps
    )))) AS models,
    input_tokens,
    cache_read_tokens,
    cache_write_tokens,
    cache_write_1h_tokens,
    output_tokens,
    reasoning_tokens,
    charges,
    success,
    revenue,
    outcome_at,
    user_id,
    session_id,
    environment,
    $rank AS rank
FROM traces
WHERE project_id = {project:UUID}
  AND start_time >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
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

-- has_text --
-- The text stands in a name or in the beginning of an input or output of a span; upper and lower case are the same.
trace_id IN (
    SELECT trace_id
    FROM ledger
    WHERE project_id = {project:UUID}
      AND start_time >= fromUnixTimestamp64Micro({near_since:Int64}, 'UTC')
      AND start_time < fromUnixTimestamp64Micro({near_until:Int64}, 'UTC')
      AND (
          positionCaseInsensitiveUTF8(name, {q:String}) > 0
          OR positionCaseInsensitiveUTF8(input_preview, {q:String}) > 0
          OR positionCaseInsensitiveUTF8(output_preview, {q:String}) > 0
      )
)
