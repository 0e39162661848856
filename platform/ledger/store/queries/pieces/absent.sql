-- count --
-- A source that knows nothing of what is counted.
toDecimal128(0, 6)

-- amount --
-- A source that knows nothing of an amount.
NULL

-- score --
-- A source that knows nothing of a score.
toFloat64(0)

-- latency --
-- A source without durations.
quantilesExactWeightedInterpolatedIfState(0.5, 0.95, 0.99)(toInt64(0), toUInt32(1), toUInt8(0))

-- ttft --
-- A source without times to a first token.
quantilesExactWeightedInterpolatedIfState(0.5, 0.95)(toInt64(0), toUInt32(1), toUInt8(0))

-- users --
-- A source without users.
uniqCombined64IfState(19)('', toUInt8(0))
