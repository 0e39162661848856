-- spans_unsettled --
-- Spans say only what was sent: what settling found out stands in the entries.
ALTER TABLE spans
    DROP COLUMN IF EXISTS cost,
    DROP COLUMN IF EXISTS cost_status,
    DROP COLUMN IF EXISTS price_id,
    DROP COLUMN IF EXISTS price_version,
    DROP COLUMN IF EXISTS duplicate_of,
    DROP COLUMN IF EXISTS route;

-- ledger_gone --
-- The view knew its columns when it was made: it is made anew.
DROP VIEW IF EXISTS ledger;

-- ledger --
-- Every span once, as it was last sent.
CREATE VIEW IF NOT EXISTS ledger AS
SELECT * FROM spans FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;
