-- calls --
-- Model calls.
sumIf(e.share, e.counted)

-- failures --
-- Failed ones.
sumIf(e.share, e.counted AND e.failed)

-- duplicate_calls --
-- Further reports of calls.
sumIf(e.share, e.duplicate)

-- pending_calls --
-- Calls that are not settled yet.
sumIf(e.share, e.counted AND e.cost_status = 'pending')

-- unpriced_calls --
-- Calls without a price.
sumIf(e.share, e.counted AND e.cost_status = 'unpriced')

-- unknown_usage_calls --
-- Successful calls without usage.
sumIf(e.share, e.counted AND e.cost_status = 'unknown_usage' AND NOT e.failed)

-- input_tokens --
-- Null where no call says it, as in all sums of tokens and money.
sumIf(e.input_tokens * e.share, e.counted)

-- cache_read_tokens --
-- Input from the cache.
sumIf(e.cache_read_tokens * e.share, e.counted)

-- cache_write_tokens --
-- Input into the cache.
sumIf(e.cache_write_tokens * e.share, e.counted)

-- output_tokens --
-- Output, reasoning included.
sumIf(e.output_tokens * e.share, e.counted)

-- reasoning_tokens --
-- The "of which" part of the output.
sumIf(e.reasoning_tokens * e.share, e.counted)

-- cost --
-- Known cost.
sumIf(e.cost * e.share, e.counted)

-- lost --
-- Known cost of failed calls, and of all calls in failed traces.
sumIf(e.cost * e.share, e.counted AND (e.failed OR e.in_vain))

-- known_calls --
-- Calls whose cost is known.
sumIf(e.share, e.counted AND e.cost IS NOT NULL)

-- known_tokens --
-- All their tokens.
sumIf(e.all_tokens * e.share, e.counted AND e.cost IS NOT NULL)

-- latency --
-- Quantiles: exact while every call stands for itself, else one weighs as much as the calls it stands for.
if(
    sampled,
    quantilesTDigestWeightedIf(0.5, 0.95, 0.99)(e.duration_us, e.copies, e.counted AND NOT e.failed),
    quantilesExactInclusiveIf(0.5, 0.95, 0.99)(e.duration_us, e.counted AND NOT e.failed)
)

-- ttft --
-- The same of the time to the first token, where it is known.
if(
    sampled,
    quantilesTDigestWeightedIf(0.5, 0.95)(
        assumeNotNull(e.ttft_us), e.copies, e.counted AND NOT e.failed AND e.ttft_us IS NOT NULL
    ),
    quantilesExactInclusiveIf(0.5, 0.95)(
        assumeNotNull(e.ttft_us), e.counted AND NOT e.failed AND e.ttft_us IS NOT NULL
    )
)

-- traces --
-- In a group a trace counts once; the total must not count it again for every model that it used.
if(total, sumIf(e.share, e.is_trace AND e.first), sumIf(e.share, e.is_trace))

-- failed_traces --
-- Those whose root ended in error.
if(total, sumIf(e.share, e.is_trace AND e.first AND e.failed), sumIf(e.share, e.is_trace AND e.failed))

-- users --
-- Different ones, exactly.
uniqExactIf(e.person, e.person != '')

-- score --
-- The mean of a score.
if(
    total,
    sumIf(e.score * toFloat64(e.share), e.first AND e.score_name = {score_$number:String})
        / nullIf(sumIf(toFloat64(e.share), e.first AND e.score_name = {score_$number:String}), 0),
    sumIf(e.score * toFloat64(e.share), e.score_name = {score_$number:String})
        / nullIf(sumIf(toFloat64(e.share), e.score_name = {score_$number:String}), 0)
)
