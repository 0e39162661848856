-- spans --
-- The facts of every span, one row each time it was sent or settled; the newest version wins. Reads go through `ledger`.
CREATE TABLE IF NOT EXISTS spans
(
    project_id UUID,
    start_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    trace_id FixedString(16) CODEC(ZSTD),
    span_id FixedString(8) CODEC(ZSTD),
    parent_id FixedString(8) CODEC(ZSTD),
    version UInt128 CODEC(ZSTD),
    is_deleted UInt8 DEFAULT 0,

    kind LowCardinality(String),
    name LowCardinality(String),
    duration_us Int64 CODEC(T64, ZSTD),
    ttft_us Nullable(Int64) CODEC(T64, ZSTD),
    status LowCardinality(String),
    failure_kind LowCardinality(String),
    error_type LowCardinality(String),
    error_message String CODEC(ZSTD),
    operation LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    request_model LowCardinality(String),
    response_id String CODEC(ZSTD),
    finish_reasons Array(LowCardinality(String)),

    input_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_read_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_write_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_write_1h_tokens Nullable(Int64) CODEC(T64, ZSTD),
    output_tokens Nullable(Int64) CODEC(T64, ZSTD),
    reasoning_tokens Nullable(Int64) CODEC(T64, ZSTD),

    cost Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    reported_cost Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    cost_status LowCardinality(String) DEFAULT 'pending',
    price_id LowCardinality(String),
    price_version UInt32 DEFAULT 0,
    duplicate_of FixedString(24),

    own_route LowCardinality(String),
    route LowCardinality(String),
    session_id String CODEC(ZSTD),
    user_id String CODEC(ZSTD),
    customer LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    service LowCardinality(String),
    scope LowCardinality(String),
    prompt LowCardinality(String),
    agent LowCardinality(String),
    tool LowCardinality(String),
    tier LowCardinality(String),
    region LowCardinality(String),
    variant LowCardinality(String),
    tags Map(LowCardinality(String), String),
    weight Float64 DEFAULT 1 CODEC(ZSTD),
    flags Array(LowCardinality(String)),
    mapping_version UInt16,
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),

    input_preview String CODEC(ZSTD),
    output_preview String CODEC(ZSTD),

    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_response response_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_user user_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_status status TYPE set(4) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, start_time, trace_id, span_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- bodies --
-- What was said: found by the key of a span's current row, kept and dropped apart from the facts.
CREATE TABLE IF NOT EXISTS bodies
(
    project_id UUID,
    start_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    trace_id FixedString(16) CODEC(ZSTD),
    span_id FixedString(8) CODEC(ZSTD),
    version UInt128 CODEC(ZSTD),
    input String CODEC(ZSTD(3)),
    output String CODEC(ZSTD(3)),
    attributes String CODEC(ZSTD(3)),
    resource String CODEC(ZSTD(3)),
    events String CODEC(ZSTD(3)),
    links String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, start_time, trace_id, span_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- span_keys --
-- Where a span lies: says whether it was seen before, and at which start; small granules make a look-up by id cheap.
CREATE TABLE IF NOT EXISTS span_keys
(
    project_id UUID,
    trace_id FixedString(16) CODEC(ZSTD),
    span_id FixedString(8) CODEC(ZSTD),
    start_time DateTime64(6, 'UTC') CODEC(ZSTD),
    version UInt128 CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, trace_id, span_id)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- arrivals --
-- The feed of what came in, a row per trace and written group, in the writer's order: settler and evaluations follow it.
CREATE TABLE IF NOT EXISTS arrivals
(
    node LowCardinality(String),
    group_seq UInt64,
    project_id UUID,
    trace_id FixedString(16),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(written_at)
ORDER BY (node, group_seq, project_id, trace_id)
TTL toDateTime(written_at) + toIntervalDay(14)
SETTINGS non_replicated_deduplication_window = 10000;

-- written_groups --
-- The groups that are wholly in the store, for replays older than the deduplication window.
CREATE TABLE IF NOT EXISTS written_groups
(
    node LowCardinality(String),
    group_seq UInt64,
    spans UInt32,
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY (node, group_seq)
SETTINGS non_replicated_deduplication_window = 10000;

-- progress --
-- How far each follower of `arrivals` has come, per node.
CREATE TABLE IF NOT EXISTS progress
(
    follower LowCardinality(String),
    node LowCardinality(String),
    group_seq UInt64,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(group_seq)
ORDER BY (follower, node);

-- prices --
-- The price book as last published: catalogue rows carry the zero project.
CREATE TABLE IF NOT EXISTS prices
(
    project_id UUID,
    price_id String,
    version UInt32,
    provider LowCardinality(String),
    model String,
    pattern String,
    valid_from Nullable(DateTime64(6, 'UTC')),
    valid_to Nullable(DateTime64(6, 'UTC')),
    input Nullable(Decimal(18, 10)),
    cache_read Nullable(Decimal(18, 10)),
    cache_write Nullable(Decimal(18, 10)),
    cache_write_1h Nullable(Decimal(18, 10)),
    output Nullable(Decimal(18, 10)),
    tiers String,
    source LowCardinality(String),
    published UInt64
)
ENGINE = ReplacingMergeTree(published)
ORDER BY (project_id, price_id, version);

-- scores --
-- Judgements on traces and spans; a repeated id replaces.
CREATE TABLE IF NOT EXISTS scores
(
    project_id UUID,
    name LowCardinality(String),
    timestamp DateTime64(6, 'UTC'),
    id String,
    trace_id FixedString(16),
    span_id FixedString(8),
    value Nullable(Float64),
    label String,
    reason String,
    source LowCardinality(String),
    evaluator_version LowCardinality(String),
    segment LowCardinality(String),
    updated_at DateTime64(6, 'UTC'),
    INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(updated_at)
PARTITION BY toYYYYMM(timestamp)
ORDER BY (project_id, name, timestamp, id)
SETTINGS non_replicated_deduplication_window = 10000;

-- ledger --
-- Every span once, as it is known now. All reads of money and counts start here.
CREATE VIEW IF NOT EXISTS ledger AS
SELECT * FROM spans FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;
