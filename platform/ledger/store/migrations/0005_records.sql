-- message_events --
-- What was said in spans, told by log records of their own: a span's reading takes from here what it does not say itself.
CREATE TABLE IF NOT EXISTS message_events
(
    project_id UUID,
    trace_id FixedString(16) CODEC(ZSTD),
    span_id FixedString(8) CODEC(ZSTD),
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    id String CODEC(ZSTD),
    position UInt32,
    name LowCardinality(String),
    input String CODEC(ZSTD(3)),
    output String CODEC(ZSTD(3)),
    attributes String CODEC(ZSTD(3)),
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, trace_id, span_id, time, id)
SETTINGS non_replicated_deduplication_window = 10000;

-- unjoined_scores --
-- Evaluations that name a provider's response which no span in the store has yet; empty almost always.
CREATE TABLE IF NOT EXISTS unjoined_scores
(
    project_id UUID,
    response_id String,
    id String,
    score String,
    received_at DateTime64(6, 'UTC'),
    updated_at DateTime64(6, 'UTC') DEFAULT now64(6),
    is_deleted UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(updated_at, is_deleted)
ORDER BY (project_id, response_id, id)
TTL toDateTime(received_at) + toIntervalDay(7)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- metric_points --
-- What clients and serving engines measured themselves. Never added to what spans say: both tell of the same calls.
CREATE TABLE IF NOT EXISTS metric_points
(
    project_id UUID,
    name LowCardinality(String),
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    series FixedString(16) CODEC(ZSTD),
    start_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    kind LowCardinality(String),
    temporality LowCardinality(String),
    monotonic Bool,
    unit LowCardinality(String),
    service LowCardinality(String),
    instance String CODEC(ZSTD),
    scope LowCardinality(String),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD),
    value Nullable(Float64) CODEC(ZSTD),
    count Nullable(UInt64) CODEC(ZSTD),
    sum Nullable(Float64) CODEC(ZSTD),
    min Nullable(Float64) CODEC(ZSTD),
    max Nullable(Float64) CODEC(ZSTD),
    bounds Array(Float64) CODEC(ZSTD),
    buckets Array(UInt64) CODEC(ZSTD),
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree(received_at)
PARTITION BY toYYYYMM(time)
ORDER BY (project_id, name, time, series)
TTL toDateTime(received_at) + toIntervalDay(90)
SETTINGS non_replicated_deduplication_window = 10000;
