-- calls --
-- Model calls.
sumIf(c.share, c.counted)

-- failures --
-- Failed ones.
sumIf(c.share, c.counted AND c.failed)

-- duplicate_calls --
-- Further reports of model calls.
sumIf(c.share, c.kind != 'tool' AND c.cost_status = 'duplicate')

-- pending_calls --
-- Calls that are not settled yet.
sumIf(c.share, c.counted AND c.cost_status = 'pending')

-- unpriced_calls --
-- Calls without a price.
sumIf(c.share, c.counted AND c.cost_status = 'unpriced')

-- unknown_usage_calls --
-- Successful calls without usage.
sumIf(c.share, c.counted AND c.cost_status = 'unknown_usage' AND NOT c.failed)

-- tool_calls --
-- Runs of tools.
sumIf(c.share, c.ran)

-- tool_failures --
-- Failed ones.
sumIf(c.share, c.ran AND c.failed)

-- known_calls --
-- Calls whose cost is known.
sumIf(c.share, c.counted AND c.cost IS NOT NULL)

-- known_tokens --
-- All their tokens.
sumIf(
    (ifNull(c.input_tokens, 0) + ifNull(c.cache_read_tokens, 0) + ifNull(c.cache_write_tokens, 0) + ifNull(c.output_tokens, 0))
        * c.share,
    c.counted AND c.cost IS NOT NULL
)

-- input_tokens --
-- Null where no call says it, as in all sums of tokens and money.
sumIf(c.input_tokens * c.share, c.counted)

-- cache_read_tokens --
-- Input from the cache.
sumIf(c.cache_read_tokens * c.share, c.counted)

-- cache_write_tokens --
-- Input into the cache.
sumIf(c.cache_write_tokens * c.share, c.counted)

-- output_tokens --
-- Output, reasoning included.
sumIf(c.output_tokens * c.share, c.counted)

-- reasoning_tokens --
-- The "of which" part of the output.
sumIf(c.reasoning_tokens * c.share, c.counted)

-- cost --
-- Known cost.
sumIf(c.cost * c.share, c.counted)

-- lost --
-- Known cost of failed calls, and of all calls in failed traces.
sumIf(c.cost * c.share, c.counted AND (c.failed OR c.trace_failed))

-- judged --
-- Known cost of the calls of judges.
sumIf(c.cost * c.share, c.counted AND c.for_evaluation)

-- saved --
-- What caching saved in calls whose cost is known.
sumIf(c.cache_savings * c.share, c.counted)

-- latency --
-- Quantiles of successful calls, exact; one that was sampled weighs as much as the calls it stands for.
quantilesExactWeightedInterpolatedIfState(0.5, 0.95, 0.99)(c.duration_us, c.copies, c.counted AND NOT c.failed)

-- ttft --
-- The same of the time to the first token, where it is known.
quantilesExactWeightedInterpolatedIfState(0.5, 0.95)(
    ifNull(c.ttft_us, 0), c.copies, c.counted AND NOT c.failed AND c.ttft_us IS NOT NULL
)
