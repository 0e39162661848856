-- trace_spans --
-- Spans of a trace in order of time, a parent before the children that began with it, from behind a given one.
SELECT
    lower(hex(span_id)) AS span_id_text,
    lower(hex(parent_id)) AS parent_id_text,
    lower(hex(duplicate_of)) AS duplicate_of_text,
    kind, name, start_time, duration_us, ttft_us, status, failure_kind, error_type, error_message,
    operation, provider, model, request_model, response_id, finish_reasons,
    input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
    cost, reported_cost, cost_status, price_id, price_version,
    route, service, scope, agent, tool, weight, flags
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

