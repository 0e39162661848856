-- settling_verdicts --
-- What is known of single spans of the batch: which report counts instead, and which calls a judge made. Most have no row.
CREATE TABLE IF NOT EXISTS settling_verdicts
(
    batch UInt64,
    slice DateTime('UTC'),
    project_id UUID,
    trace_id FixedString(16),
    span_id FixedString(8),
    duplicate_of FixedString(24),
    judged Bool,
    touched Bool,
    at DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(at)
ORDER BY (batch, slice, project_id, trace_id, span_id)
TTL at + toIntervalHour(1)
SETTINGS ttl_only_drop_parts = 1;

-- settling_traces_answers --
-- The providers' answers that a trace reports, to see at once whether any is reported twice.
ALTER TABLE settling_traces
    ADD COLUMN IF NOT EXISTS answers UInt32 AFTER nested,
    ADD COLUMN IF NOT EXISTS responses Array(UInt64) AFTER answers;
