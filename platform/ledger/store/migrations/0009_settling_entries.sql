-- settling_roots_gone --
-- What a trace says for all of its spans stands in `settling_traces` now, beside what else its entry takes from them.
DROP TABLE IF EXISTS settling_roots;

-- settling_traces --
-- What the spans of each of the batch's traces come to: its entry's own columns, and what settling its calls needs.
CREATE TABLE IF NOT EXISTS settling_traces
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    trace_id FixedString(16),
    touched Bool,
    entry_start DateTime64(6, 'UTC'),
    entry_version UInt64,

    spans UInt32,
    calls UInt32,
    silent UInt32,
    folded UInt32,
    evaluators UInt32,
    tools_again UInt32,
    least_scope String,
    most_scope String,
    models Array(Tuple(provider String, model String)),
    hours Array(DateTime('UTC')),
    agents Array(Tuple(
        kind String, provider String, model String, operation String, tier String, region String, agent String, tool String)),

    start_time DateTime64(6, 'UTC'),
    first DateTime64(6, 'UTC'),
    last DateTime64(6, 'UTC'),
    ended DateTime64(6, 'UTC'),
    name String,
    kind String,
    duration_us Int64,
    status String,
    own_failure_kind String,
    first_failure_kind String,
    route String,
    session_id String,
    user_id String,
    customer String,
    environment String,
    release String,
    service String,
    prompt String,
    variant String,
    tags Map(LowCardinality(String), String),
    weight Float64,
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, trace_id)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;

-- settling_worth --
-- How the batch's traces ended by their outcomes, and what was charged to them; no row where nobody said anything.
CREATE TABLE IF NOT EXISTS settling_worth
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    trace_id FixedString(16),
    success Nullable(Bool),
    revenue Nullable(Decimal(18, 12)),
    outcome_at Nullable(DateTime64(6, 'UTC')),
    charges Nullable(Decimal(18, 12)),
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, trace_id)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;

-- settling_notes --
-- What looking closer found out: which call a report without an id repeats (`report` stands in for the response id),
-- which tool call lies in another one of the same tool (`inside`), which calls a judge made, which traces go round in
-- a loop (a row with the zero span).
CREATE TABLE IF NOT EXISTS settling_notes
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    trace_id FixedString(16),
    span_id FixedString(8),
    report String,
    inside FixedString(24),
    judged Bool,
    loop_tool String,
    loop_calls UInt32,
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, trace_id, span_id)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;

-- call_entries_digest --
-- `digest`: of all that the entry says, so that settling again writes only what differs. `basis`: of what its price
-- follows from; an entry with the same basis keeps its price. 0 in entries that are older than these columns.
ALTER TABLE call_entries
    ADD COLUMN IF NOT EXISTS basis UInt64 CODEC(NONE),
    ADD COLUMN IF NOT EXISTS digest UInt64 CODEC(NONE);

-- trace_entries_digest --
-- The same for traces.
ALTER TABLE trace_entries ADD COLUMN IF NOT EXISTS digest UInt64 CODEC(NONE);

-- feed_ends --
-- How far the feed reaches at each node: what waits is known without reading the feed.
CREATE TABLE IF NOT EXISTS feed_ends
(
    node LowCardinality(String),
    group_seq UInt64
)
ENGINE = ReplacingMergeTree(group_seq)
ORDER BY node;

-- arriving_ends --
-- Every announcement moves its node's end.
CREATE MATERIALIZED VIEW IF NOT EXISTS arriving_ends TO feed_ends AS
SELECT node, max(group_seq) AS group_seq
FROM arrivals
GROUP BY node;

-- feed_ends_before --
-- Where the nodes known so far end.
INSERT INTO feed_ends (node, group_seq) SELECT node, max(group_seq) FROM arrivals GROUP BY node;

-- leaving_hours --
-- A span that moves to another time changes the hour that it leaves, too.
CREATE MATERIALIZED VIEW IF NOT EXISTS leaving_hours TO dirty_hours AS
SELECT DISTINCT project_id, toStartOfHour(start_time) AS hour, toUInt64(toUnixTimestamp64Nano(now64(9))) AS mark
FROM spans
WHERE is_deleted;
