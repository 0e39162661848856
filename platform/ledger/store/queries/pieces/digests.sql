-- latency --
-- Quantiles of successful calls as a digest, which can be kept and merged.
quantilesTDigestWeightedIfState(0.5, 0.95, 0.99)(c.duration_us, c.copies, c.counted AND NOT c.failed)

-- ttft --
-- The same of the time to the first token, where it is known.
quantilesTDigestWeightedIfState(0.5, 0.95)(
    ifNull(c.ttft_us, 0), c.copies, c.counted AND NOT c.failed AND c.ttft_us IS NOT NULL
)

-- no_latency --
-- A source without durations.
quantilesTDigestWeightedIfState(0.5, 0.95, 0.99)(toInt64(0), toUInt32(1), toUInt8(0))

-- no_ttft --
-- A source without times to a first token.
quantilesTDigestWeightedIfState(0.5, 0.95)(toInt64(0), toUInt32(1), toUInt8(0))

-- whole_latency --
-- Three quantiles of all parts together.
quantilesTDigestWeightedIfMerge(0.5, 0.95, 0.99)(e.latency)

-- whole_ttft --
-- Two quantiles of all parts together.
quantilesTDigestWeightedIfMerge(0.5, 0.95)(e.ttft)

-- joined_latency --
-- One digest of several.
quantilesTDigestWeightedIfMergeState(0.5, 0.95, 0.99)(e.latency)

-- joined_ttft --
-- The same of the time to the first token.
quantilesTDigestWeightedIfMergeState(0.5, 0.95)(e.ttft)
