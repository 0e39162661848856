-- known_keys --
-- Which of some spans the store has already, at which start and in which version; keys are trace id and span id in hex.
SELECT
    lower(hex(trace_id)) AS trace,
    lower(hex(span_id)) AS span,
    toUnixTimestamp64Micro(argMax(span_keys.start_time, span_keys.version)) AS start,
    max(span_keys.version) AS version
FROM span_keys
WHERE project_id = {project:UUID}
    AND (trace_id, span_id) IN (
        SELECT toFixedString(unhex(substring(key, 1, 32)), 16), toFixedString(unhex(substring(key, 33, 16)), 8)
        FROM (SELECT arrayJoin(splitByChar(',', {keys:String})) AS key)
    )
GROUP BY trace_id, span_id

-- group_written (house-wide) --
-- Whether a node's group is wholly in the store already.
SELECT count() AS found FROM written_groups WHERE node = {node:String} AND group_seq = {seq:UInt64}

-- groups_between (house-wide) --
-- How many of a node's groups from one to another the store has: fewer than it took means that it has lost some.
SELECT uniqExact(group_seq) AS found
FROM written_groups
WHERE node = {node:String} AND group_seq BETWEEN {first:UInt64} AND {last:UInt64}
