-- traces --
-- Traces.
sum(t.share)

-- failed_traces --
-- Those whose root ended in error, or whose outcome says so.
sumIf(t.share, t.status = 'error')

-- outcomes --
-- Those that have an outcome.
sumIf(t.share, t.success IS NOT NULL)

-- successes --
-- Those whose outcome says that they succeeded.
sumIf(t.share, ifNull(t.success, false))

-- charges --
-- What they cost beside tokens.
sum(t.charges * t.share)

-- revenue --
-- What they were worth.
sum(t.revenue * t.share)

-- spent --
-- What those that have an outcome cost, charges included.
sumIf(
    if(t.cost IS NULL AND t.charges IS NULL, NULL, ifNull(t.cost, toDecimal64(0, 12)) + ifNull(t.charges, toDecimal64(0, 12)))
        * t.share,
    t.success IS NOT NULL
)

-- users --
-- Different users: exact up to some 16,000, from there on estimated, within 1 %.
uniqCombined64IfState(19)(t.user_id, t.user_id != '')
