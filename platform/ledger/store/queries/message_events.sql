-- message_events --
-- What log records say of some spans of a trace, in order of time.
SELECT
    lower(hex(span_id)) AS span, toUnixTimestamp64Micro(time) AS at, name, input, output, attributes
FROM message_events FINAL
WHERE project_id = {project:UUID}
  AND trace_id = toFixedString(unhex({trace:String}), 16)
  AND span_id IN (SELECT toFixedString(unhex(arrayJoin({spans:Array(String)})), 8))
ORDER BY span, time, position, id

-- spans_saying --
-- Which of some spans have input and output of their own; keys are trace id and span id in hex.
SELECT
    lower(hex(trace_id)) AS trace,
    lower(hex(span_id)) AS span,
    argMax(input_preview != '', version) AS with_input,
    argMax(output_preview != '', version) AS with_output
FROM spans
WHERE project_id = {project:UUID}
  AND is_deleted = 0
  AND (start_time, trace_id, span_id) IN (
      SELECT start_time, trace_id, span_id
      FROM span_keys
      WHERE project_id = {project:UUID}
        AND (trace_id, span_id) IN (
            SELECT toFixedString(unhex(substring(key, 1, 32)), 16), toFixedString(unhex(substring(key, 33, 16)), 8)
            FROM (SELECT arrayJoin(splitByChar(',', {keys:String})) AS key)
        )
  )
GROUP BY trace_id, span_id
