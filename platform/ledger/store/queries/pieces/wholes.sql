-- sum --
-- What the parts come to.
sum(e.$part)

-- sum_once --
-- In a group a trace counts once; the total must not count it again for every model that it used.
if(total, sumIf(e.$part, e.first), sum(e.$part))

-- latency --
-- Three quantiles of all parts together.
quantilesExactWeightedInterpolatedIfMerge(0.5, 0.95, 0.99)(e.latency)

-- ttft --
-- Two quantiles of all parts together.
quantilesExactWeightedInterpolatedIfMerge(0.5, 0.95)(e.ttft)

-- users --
-- Different ones in all parts together.
uniqCombined64IfMerge(19)(e.users)
