-- differing_costs --
-- Models of whose calls a client said another cost than the ledger has, by more than a hundredth of the ledger's: how many
-- calls have both, how many of these differ, what the differing ones come to on either side, and the one furthest off.
SELECT
    provider, model,
    count() AS compared,
    countIf(_differs) AS differing,
    sumIf(cost, _differs) AS ours,
    sumIf(reported_cost, _differs) AS theirs,
    lower(hex(argMax(trace_id, _off))) AS trace,
    lower(hex(argMax(span_id, _off))) AS span
FROM (
    SELECT
        *,
        abs(toDecimal128(reported_cost, 12) - cost) AS _off,
        _off * 100 > abs(toDecimal128(cost, 12)) AS _differs
    FROM calls
    WHERE project_id = {project:UUID}
      AND start_time >= {since:DateTime64(6, 'UTC')}
      AND start_time < {until:DateTime64(6, 'UTC')}
      AND kind IN ('generation', 'embedding')
      AND cost_status = 'priced'
      AND reported_cost IS NOT NULL
)
GROUP BY provider, model
HAVING differing > 0
ORDER BY abs(ours - theirs) DESC, provider, model
LIMIT {rows:UInt32}
