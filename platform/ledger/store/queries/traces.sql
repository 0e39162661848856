-- trace_heading --
-- A trace as it was settled.
SELECT
    lower(hex(trace_id)) AS trace_id_text, name, route, start_time, duration_us, status, failure_kind,
    session_id, user_id, customer, environment, release, tags, calls, spans,
    cost, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    charges, success, revenue, outcome_at, loop_tool, loop_calls
FROM traces
WHERE project_id = {project:UUID}
  AND trace_id = toFixedString(unhex({trace:String}), 16)
  AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
  AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')

-- trace_unsettled --
-- A trace as its spans tell it that were not settled yet: by its root, else by the earliest. Nothing has a price so far.
SELECT
    lower(hex(s.trace_id)) AS trace_id_text,
    argMin(s.name, place) AS name,
    argMin(s.own_route, place) AS route,
    argMin(s.start_time, place) AS start_time,
    argMin(s.duration_us, place) AS duration_us,
    argMin(s.status, place) AS status,
    if(status = 'ok', argMin(s.failure_kind, place), argMinIf(s.failure_kind, place, s.failure_kind != '')) AS failure_kind,
    argMinIf(s.session_id, place, s.session_id != '') AS session_id,
    argMinIf(s.user_id, place, s.user_id != '') AS user_id,
    argMinIf(s.customer, place, s.customer != '') AS customer,
    argMinIf(s.environment, place, s.environment != '') AS environment,
    argMinIf(s.release, place, s.release != '') AS release,
    argMinIf(s.tags, place, notEmpty(s.tags)) AS tags,
    countIf(s.is_call) AS calls,
    count() AS spans,
    NULL AS cost,
    sumIf(s.input_tokens, s.is_call) AS input_tokens,
    sumIf(s.cache_read_tokens, s.is_call) AS cache_read_tokens,
    sumIf(s.cache_write_tokens, s.is_call) AS cache_write_tokens,
    sumIf(s.cache_write_1h_tokens, s.is_call) AS cache_write_1h_tokens,
    sumIf(s.output_tokens, s.is_call) AS output_tokens,
    sumIf(s.reasoning_tokens, s.is_call) AS reasoning_tokens,
    NULL AS charges,
    NULL AS success,
    NULL AS revenue,
    NULL AS outcome_at,
    '' AS loop_tool,
    0 AS loop_calls
FROM
(
    SELECT
        *,
        kind IN ('generation', 'embedding') AS is_call,
        -- roots before others, then the earliest; the span's id makes a tie fall the same way every time
        bitShiftLeft(toUInt128((reinterpretAsUInt64(parent_id) != 0) * 0x4000000000000000 + toUnixTimestamp64Micro(start_time)), 64)
            + reinterpretAsUInt64(span_id) AS place
    FROM ledger
    WHERE project_id = {project:UUID}
      AND trace_id = toFixedString(unhex({trace:String}), 16)
      AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
      AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
) AS s
GROUP BY s.trace_id

-- trace_spans --
-- Spans of a trace in order of time, a parent before the children that began with it, from behind a given one.
SELECT
    lower(hex(span_id)) AS span_id_text,
    lower(hex(parent_id)) AS parent_id_text,
    kind, name, start_time, duration_us, ttft_us, status, failure_kind, error_type, error_message,
    operation, provider, model, request_model, response_id, finish_reasons,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    input_audio_tokens, output_audio_tokens, input_image_tokens, output_image_tokens,
    reported_cost, own_route, service, scope, agent, tool, tier, weight, flags
FROM ledger
WHERE project_id = {project:UUID}
  AND trace_id = toFixedString(unhex({trace:String}), 16)
  AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
  AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')
  AND (start_time, -duration_us, span_id) > (
      fromUnixTimestamp64Micro({after_start:Int64}, 'UTC'), -{after_duration:Int64}, unhex({after_span:String})
  )
ORDER BY start_time, duration_us DESC, span_id
LIMIT {rows:UInt32}

-- trace_calls --
-- What is known of the calls of a trace that began between two moments.
SELECT
    lower(hex(span_id)) AS span_id_text, start_time, cost, cost_status, price_id, price_version,
    lower(hex(duplicate_of)) AS duplicate_of_text, route
FROM calls
WHERE project_id = {project:UUID}
  AND trace_id = toFixedString(unhex({trace:String}), 16)
  AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
  AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')

-- trace_outcomes --
-- What was told of how a trace ended, or its session, the oldest first.
SELECT subject, subject_id, name, id, success, value, received_at
FROM outcomes FINAL
WHERE project_id = {project:UUID}
  AND (subject = 'trace' AND subject_id = {trace:String} OR subject = 'session' AND subject_id = {session:String})
  AND subject_id != ''
ORDER BY received_at, subject, name

-- trace_bodies --
-- What was said in the spans of a trace that began between two moments.
SELECT
    lower(hex(span_id)) AS span_id_text, start_time, input, output, attributes, resource, events, links
FROM bodies FINAL
WHERE project_id = {project:UUID}
  AND trace_id = toFixedString(unhex({trace:String}), 16)
  AND start_time >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
  AND start_time <= fromUnixTimestamp64Micro({last:Int64}, 'UTC')

-- trace_range --
-- Between which moments the spans of a trace began.
SELECT
    toUnixTimestamp64Micro(min(start_time)) AS first,
    toUnixTimestamp64Micro(max(start_time)) AS last
FROM span_keys
WHERE project_id = {project:UUID} AND trace_id = toFixedString(unhex({trace:String}), 16)
HAVING count() > 0
