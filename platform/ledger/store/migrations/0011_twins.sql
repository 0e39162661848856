-- response_traces --
-- Which traces report an answer of a provider, by the hash of its id: the reports of one call are found however far apart.
CREATE TABLE IF NOT EXISTS response_traces
(
    project_id UUID,
    response UInt64 CODEC(NONE),
    trace_id FixedString(16) CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree
ORDER BY (project_id, response, trace_id)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- arriving_responses --
-- Known as soon as the span is stored.
CREATE MATERIALIZED VIEW IF NOT EXISTS arriving_responses TO response_traces AS
SELECT DISTINCT project_id, cityHash64(response_id) AS response, trace_id
FROM spans
WHERE response_id != '' AND kind IN ('generation', 'embedding');

-- response_traces_before --
-- Those known so far.
INSERT INTO response_traces (project_id, response, trace_id)
SELECT DISTINCT project_id, cityHash64(response_id), trace_id
FROM spans
WHERE response_id != '' AND kind IN ('generation', 'embedding');

-- settling_traces_nested --
-- Whether a call lies straight in another one: a wrapper may tell of what it wraps.
ALTER TABLE settling_traces ADD COLUMN IF NOT EXISTS nested Bool AFTER folded;
