-- spans_instance --
-- Which process sent a span, where it says: two reports of one call come from one process.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS instance LowCardinality(String) AFTER service;

-- spans_input_hash --
-- What a tool was asked, as a hash: the same tool asked the same again and again is a loop. 0 where nothing was said.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS input_hash UInt64 CODEC(ZSTD);

-- spans_audio_tokens --
-- The parts of input and output that were sound or pictures, where a client tells them apart: they have their own prices.
ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS input_audio_tokens Nullable(Int64) CODEC(T64, ZSTD) AFTER reasoning_tokens,
    ADD COLUMN IF NOT EXISTS output_audio_tokens Nullable(Int64) CODEC(T64, ZSTD) AFTER input_audio_tokens,
    ADD COLUMN IF NOT EXISTS input_image_tokens Nullable(Int64) CODEC(T64, ZSTD) AFTER output_audio_tokens,
    ADD COLUMN IF NOT EXISTS output_image_tokens Nullable(Int64) CODEC(T64, ZSTD) AFTER input_image_tokens;

-- call_entries --
-- The ledger's own rows: one for every report of a model call or a tool call. Version 0 is a report that has not been
-- settled; a settled one has the version of the span it was made from, or a little more. Reads go through `calls`.
CREATE TABLE IF NOT EXISTS call_entries
(
    project_id UUID,
    start_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    trace_id FixedString(16) CODEC(ZSTD),
    span_id FixedString(8) CODEC(ZSTD),
    version UInt128 CODEC(ZSTD),
    is_deleted UInt8 DEFAULT 0,

    kind LowCardinality(String),
    name LowCardinality(String),
    duration_us Int64 CODEC(T64, ZSTD),
    ttft_us Nullable(Int64) CODEC(T64, ZSTD),
    status LowCardinality(String),
    failure_kind LowCardinality(String),
    error_type LowCardinality(String),
    operation LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    request_model LowCardinality(String),
    response_id String CODEC(ZSTD),

    input_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_read_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_write_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_write_1h_tokens Nullable(Int64) CODEC(T64, ZSTD),
    output_tokens Nullable(Int64) CODEC(T64, ZSTD),
    reasoning_tokens Nullable(Int64) CODEC(T64, ZSTD),
    input_audio_tokens Nullable(Int64) CODEC(T64, ZSTD),
    output_audio_tokens Nullable(Int64) CODEC(T64, ZSTD),
    input_image_tokens Nullable(Int64) CODEC(T64, ZSTD),
    output_image_tokens Nullable(Int64) CODEC(T64, ZSTD),

    cost Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    reported_cost Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    cache_savings Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    cost_status LowCardinality(String) DEFAULT 'pending',
    price_id LowCardinality(String),
    price_version UInt32 DEFAULT 0,
    duplicate_of FixedString(24),
    trace_failed Bool DEFAULT false,
    for_evaluation Bool DEFAULT false,

    route LowCardinality(String),
    session_id String CODEC(ZSTD),
    user_id String CODEC(ZSTD),
    customer LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    service LowCardinality(String),
    instance LowCardinality(String),
    scope LowCardinality(String),
    prompt LowCardinality(String),
    agent LowCardinality(String),
    tool LowCardinality(String),
    tier LowCardinality(String),
    region LowCardinality(String),
    variant LowCardinality(String),
    tags Map(LowCardinality(String), String),
    weight Float64 DEFAULT 1 CODEC(ZSTD),

    INDEX by_response response_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, start_time, trace_id, span_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- calls --
-- Every report of a call once, as it is known now. All reads of money and counts start here.
CREATE VIEW IF NOT EXISTS calls AS
SELECT * FROM call_entries FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- trace_entries --
-- One row a trace, as settling last saw it: what its root says for all of it, and what its calls come to.
-- `start_time` is the root's, else the earliest span's. Reads go through `traces`.
CREATE TABLE IF NOT EXISTS trace_entries
(
    project_id UUID,
    start_time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    trace_id FixedString(16) CODEC(ZSTD),
    version UInt64 CODEC(ZSTD),
    is_deleted UInt8 DEFAULT 0,

    first DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    last DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    ended DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    spans UInt32 CODEC(T64, ZSTD),
    name LowCardinality(String),
    kind LowCardinality(String),
    duration_us Int64 CODEC(T64, ZSTD),
    status LowCardinality(String),
    failure_kind LowCardinality(String),
    loop_tool LowCardinality(String),
    loop_calls UInt32 DEFAULT 0,

    route LowCardinality(String),
    session_id String CODEC(ZSTD),
    user_id String CODEC(ZSTD),
    customer LowCardinality(String),
    environment LowCardinality(String),
    release LowCardinality(String),
    service LowCardinality(String),
    prompt LowCardinality(String),
    variant LowCardinality(String),
    tags Map(LowCardinality(String), String),
    weight Float64 DEFAULT 1 CODEC(ZSTD),
    steps Array(Tuple(
        kind LowCardinality(String),
        provider LowCardinality(String),
        model LowCardinality(String),
        operation LowCardinality(String),
        tier LowCardinality(String),
        region LowCardinality(String),
        agent LowCardinality(String),
        tool LowCardinality(String))),

    calls UInt32 CODEC(T64, ZSTD),
    failures UInt32 CODEC(T64, ZSTD),
    tool_calls UInt32 CODEC(T64, ZSTD),
    unpriced_calls UInt32 CODEC(T64, ZSTD),
    unknown_usage_calls UInt32 CODEC(T64, ZSTD),
    cost Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    input_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_read_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_write_tokens Nullable(Int64) CODEC(T64, ZSTD),
    cache_write_1h_tokens Nullable(Int64) CODEC(T64, ZSTD),
    output_tokens Nullable(Int64) CODEC(T64, ZSTD),
    reasoning_tokens Nullable(Int64) CODEC(T64, ZSTD),

    charges Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    success Nullable(Bool),
    revenue Nullable(Decimal(18, 12)) CODEC(T64, ZSTD),
    outcome_at Nullable(DateTime64(6, 'UTC')) CODEC(ZSTD),

    INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_session session_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_user user_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(start_time)
ORDER BY (project_id, start_time, trace_id)
SETTINGS non_replicated_deduplication_window = 10000;

-- traces --
-- Every settled trace once, as it is known now.
CREATE VIEW IF NOT EXISTS traces AS
SELECT * FROM trace_entries FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- trace_keys --
-- Where the entry of a trace lies: says which row a trace that has got an earlier start, or its root, leaves empty.
CREATE TABLE IF NOT EXISTS trace_keys
(
    project_id UUID,
    trace_id FixedString(16) CODEC(ZSTD),
    start_time DateTime64(6, 'UTC') CODEC(ZSTD),
    version UInt64 CODEC(ZSTD)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (project_id, trace_id)
SETTINGS index_granularity = 256;

-- outcomes --
-- How tasks ended and what that was worth, told about a trace or a session; of one name the newest wins.
CREATE TABLE IF NOT EXISTS outcomes
(
    project_id UUID,
    subject LowCardinality(String),
    subject_id String CODEC(ZSTD),
    name LowCardinality(String),
    id String CODEC(ZSTD),
    success Bool,
    value Nullable(Decimal(18, 12)),
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    updated_at DateTime64(6, 'UTC'),
    is_deleted UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(updated_at, is_deleted)
ORDER BY (project_id, subject, subject_id, name)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- charges --
-- What tasks cost beside tokens, told about a trace or a session; a repeated id replaces.
CREATE TABLE IF NOT EXISTS charges
(
    project_id UUID,
    subject LowCardinality(String),
    subject_id String CODEC(ZSTD),
    id String CODEC(ZSTD),
    kind LowCardinality(String),
    amount Decimal(18, 12),
    received_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    updated_at DateTime64(6, 'UTC'),
    is_deleted UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(updated_at, is_deleted)
ORDER BY (project_id, subject, subject_id, id)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- arrivals_reason --
-- Why a trace is in the feed: its spans came, or something that its entry has to say anew (outcome, charge, price, …).
ALTER TABLE arrivals ADD COLUMN IF NOT EXISTS reason LowCardinality(String) DEFAULT 'spans';

-- dirty_hours --
-- Hours whose entries have changed, marked before the change is written: a rollup made from an earlier mark is stale.
CREATE TABLE IF NOT EXISTS dirty_hours
(
    project_id UUID,
    hour DateTime('UTC'),
    mark UInt64
)
ENGINE = ReplacingMergeTree(mark)
ORDER BY (project_id, hour);

-- entries_settled_before --
-- What spans said of their own settling until now moves to the entries.
INSERT INTO call_entries
    (project_id, start_time, trace_id, span_id, version, kind, name, duration_us, ttft_us, status, failure_kind, error_type,
     operation, provider, model, request_model, response_id, input_tokens, cache_read_tokens, cache_write_tokens,
     cache_write_1h_tokens, output_tokens, reasoning_tokens, cost, reported_cost, cost_status, price_id, price_version,
     duplicate_of, route, session_id, user_id, customer, environment, release, service, scope, prompt, agent, tool, tier,
     region, variant, tags, weight)
SELECT
    project_id, start_time, trace_id, span_id, version, kind, name, duration_us, ttft_us, status, failure_kind, error_type,
    operation, provider, model, request_model, response_id, input_tokens, cache_read_tokens, cache_write_tokens,
    cache_write_1h_tokens, output_tokens, reasoning_tokens, cost, reported_cost, cost_status, price_id, price_version,
    duplicate_of, route, session_id, user_id, customer, environment, release, service, scope, prompt, agent, tool, tier,
    region, variant, tags, weight
FROM spans FINAL
WHERE kind IN ('generation', 'embedding', 'tool');

-- traces_settled_before --
-- All traces known so far are settled once more, so that each gets its entry.
INSERT INTO arrivals (node, group_seq, project_id, trace_id, reason)
SELECT DISTINCT 'migration-0006', 1, project_id, trace_id, 'migration' FROM span_keys;

-- arriving_calls --
-- A report is in the ledger as soon as its span is stored, pending. What was settled before stays until it is settled anew.
CREATE MATERIALIZED VIEW IF NOT EXISTS arriving_calls TO call_entries AS
SELECT
    project_id, start_time, trace_id, span_id, if(is_deleted, version, toUInt128(0)) AS version, is_deleted,
    kind, name, duration_us, ttft_us, status, failure_kind, error_type, operation, provider, model, request_model,
    response_id, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, output_image_tokens, reported_cost,
    if(kind = 'tool', 'not_billable', 'pending') AS cost_status,
    own_route AS route, session_id, user_id, customer, environment, release, service, instance, scope, prompt, agent, tool,
    tier, region, variant, tags, weight
FROM spans
WHERE kind IN ('generation', 'embedding', 'tool') OR is_deleted;
