-- settling --
-- The traces of one batch, for the statements that settle it; forgotten after an hour, because nobody else reads them.
CREATE TABLE IF NOT EXISTS settling
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    trace_id FixedString(16),
    first DateTime64(6, 'UTC'),
    last DateTime64(6, 'UTC'),
    touched Bool,
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, trace_id)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;

-- settling_rates --
-- What the batch's models cost and from when to when: USD per token of each class, by tier.
CREATE TABLE IF NOT EXISTS settling_rates
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    provider String,
    model String,
    begins DateTime64(6, 'UTC'),
    ends DateTime64(6, 'UTC'),
    price_id String,
    price_version UInt32,
    tiers Array(Tuple(
        above Int64,
        input Nullable(Decimal(38, 16)),
        cache_read Nullable(Decimal(38, 16)),
        cache_write Nullable(Decimal(38, 16)),
        cache_write_1h Nullable(Decimal(38, 16)),
        output Nullable(Decimal(38, 16)))),
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, provider, model, begins)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;

-- settling_roots --
-- What each of the batch's traces says for all of its spans, and how it stands among traces that report the same call.
CREATE TABLE IF NOT EXISTS settling_roots
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    trace_id FixedString(16),
    touched Bool,
    spans UInt64,
    calls_only Bool,
    models Array(Tuple(provider String, model String)),
    route String,
    session_id String,
    user_id String,
    customer String,
    environment String,
    release String,
    prompt String,
    tags Map(LowCardinality(String), String),
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, trace_id)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;
