-- call_scopes --
-- Which instrumentors report the calls of a project. Where there is only one, no call is reported twice without an id.
CREATE TABLE IF NOT EXISTS call_scopes
(
    project_id UUID,
    scope String
)
ENGINE = ReplacingMergeTree
ORDER BY (project_id, scope)
SETTINGS non_replicated_deduplication_window = 10000;

-- arriving_scopes --
-- Known as soon as the span is stored.
CREATE MATERIALIZED VIEW IF NOT EXISTS arriving_scopes TO call_scopes AS
SELECT DISTINCT project_id, toString(scope) AS scope
FROM spans
WHERE kind IN ('generation', 'embedding');

-- call_scopes_before --
-- Those known so far.
INSERT INTO call_scopes (project_id, scope)
SELECT DISTINCT project_id, toString(scope)
FROM spans
WHERE kind IN ('generation', 'embedding');
