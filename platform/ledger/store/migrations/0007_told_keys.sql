-- outcome_keys --
-- Where the outcome of an id stands: says which place a repeated id leaves empty.
CREATE TABLE IF NOT EXISTS outcome_keys
(
    project_id UUID,
    id String,
    subject LowCardinality(String),
    subject_id String,
    name LowCardinality(String),
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (project_id, id)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- charge_keys --
-- The same for charges; there the id is the place's last part.
CREATE TABLE IF NOT EXISTS charge_keys
(
    project_id UUID,
    id String,
    subject LowCardinality(String),
    subject_id String,
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (project_id, id)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;
