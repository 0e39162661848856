-- rollup_calls --
-- What the calls of an hour or a day come to, as it was built once: never changed, only built anew under another number.
-- Which build counts stands in `rollup_builds`. The sums are those of reading the calls themselves, to the last digit.
CREATE TABLE IF NOT EXISTS rollup_calls
(
    project_id UUID,
    length LowCardinality(String),
    begins DateTime('UTC') CODEC(Delta, ZSTD),
    build UInt64 CODEC(ZSTD),

    route LowCardinality(String),
    provider LowCardinality(String),
    model LowCardinality(String),
    environment LowCardinality(String),
    status LowCardinality(String),
    failure_kind LowCardinality(String),
    is_tool Bool,

    sampled UInt8,
    calls Decimal(38, 6) CODEC(ZSTD),
    failures Decimal(38, 6) CODEC(ZSTD),
    duplicate_calls Decimal(38, 6) CODEC(ZSTD),
    pending_calls Decimal(38, 6) CODEC(ZSTD),
    unpriced_calls Decimal(38, 6) CODEC(ZSTD),
    unknown_usage_calls Decimal(38, 6) CODEC(ZSTD),
    tool_calls Decimal(38, 6) CODEC(ZSTD),
    tool_failures Decimal(38, 6) CODEC(ZSTD),
    known_calls Decimal(38, 6) CODEC(ZSTD),
    known_tokens Decimal(38, 6) CODEC(ZSTD),
    input_tokens Nullable(Decimal(38, 6)) CODEC(ZSTD),
    cache_read_tokens Nullable(Decimal(38, 6)) CODEC(ZSTD),
    cache_write_tokens Nullable(Decimal(38, 6)) CODEC(ZSTD),
    output_tokens Nullable(Decimal(38, 6)) CODEC(ZSTD),
    reasoning_tokens Nullable(Decimal(38, 6)) CODEC(ZSTD),
    cost Nullable(Decimal(38, 18)) CODEC(ZSTD),
    lost Nullable(Decimal(38, 18)) CODEC(ZSTD),
    judged Nullable(Decimal(38, 18)) CODEC(ZSTD),
    saved Nullable(Decimal(38, 18)) CODEC(ZSTD),
    latency AggregateFunction(quantilesTDigestWeightedIf(0.5, 0.95, 0.99), Int64, UInt32, UInt8) CODEC(ZSTD),
    ttft AggregateFunction(quantilesTDigestWeightedIf(0.5, 0.95), Int64, UInt32, UInt8) CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(begins)
ORDER BY (project_id, length, begins, build, route, model);

-- rollup_traces --
-- The same of traces.
CREATE TABLE IF NOT EXISTS rollup_traces
(
    project_id UUID,
    length LowCardinality(String),
    begins DateTime('UTC') CODEC(Delta, ZSTD),
    build UInt64 CODEC(ZSTD),

    route LowCardinality(String),
    environment LowCardinality(String),
    status LowCardinality(String),
    failure_kind LowCardinality(String),

    sampled UInt8,
    traces Decimal(38, 6) CODEC(ZSTD),
    failed_traces Decimal(38, 6) CODEC(ZSTD),
    outcomes Decimal(38, 6) CODEC(ZSTD),
    successes Decimal(38, 6) CODEC(ZSTD),
    charges Nullable(Decimal(38, 18)) CODEC(ZSTD),
    revenue Nullable(Decimal(38, 18)) CODEC(ZSTD),
    spent Nullable(Decimal(38, 18)) CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(begins)
ORDER BY (project_id, length, begins, build, route);

-- rollup_builds --
-- Which build of an hour or a day counts, and the newest mark of `dirty_hours` that it was made from.
CREATE TABLE IF NOT EXISTS rollup_builds
(
    project_id UUID,
    length LowCardinality(String),
    begins DateTime('UTC'),
    build UInt64,
    mark UInt64
)
ENGINE = ReplacingMergeTree(build)
ORDER BY (project_id, length, begins);

-- arriving_hours --
-- A report that comes changes its hour at once, before anybody settles it.
CREATE MATERIALIZED VIEW IF NOT EXISTS arriving_hours TO dirty_hours AS
SELECT DISTINCT project_id, toStartOfHour(start_time) AS hour, toUInt64(toUnixTimestamp64Nano(now64(9))) AS mark
FROM spans
WHERE kind IN ('generation', 'embedding', 'tool');

-- hours_of_calls_before --
-- An hour without a mark has no entries: those written before there were marks get theirs.
INSERT INTO dirty_hours (project_id, hour, mark)
SELECT DISTINCT project_id, toStartOfHour(start_time), toUInt64(toUnixTimestamp64Nano(now64(9))) FROM call_entries;

-- hours_of_traces_before --
-- The same for traces.
INSERT INTO dirty_hours (project_id, hour, mark)
SELECT DISTINCT project_id, toStartOfHour(start_time), toUInt64(toUnixTimestamp64Nano(now64(9))) FROM trace_entries;
