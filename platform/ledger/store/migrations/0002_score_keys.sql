-- scores_deleted --
-- A score given again under its id, but at another time, leaves its old place empty: a row that says so replaces it.
ALTER TABLE scores ADD COLUMN IF NOT EXISTS is_deleted UInt8 DEFAULT 0;

-- score_keys --
-- Where the score of an id lies: says which row a repeated id replaces.
CREATE TABLE IF NOT EXISTS score_keys
(
    project_id UUID,
    id String,
    name LowCardinality(String),
    timestamp DateTime64(6, 'UTC'),
    updated_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (project_id, id)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 10000;

-- marks --
-- Every score once, as it is known now.
CREATE VIEW IF NOT EXISTS marks AS
SELECT * EXCEPT is_deleted FROM scores FINAL
WHERE is_deleted = 0;
