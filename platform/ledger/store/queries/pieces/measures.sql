-- calls --
-- Model calls, embeddings and failed ones included, each counted once however many reported it.
calls

-- failures --
-- Calls that failed.
failures

-- failure_rate --
-- Failed calls ÷ calls.
if(calls = 0, NULL, divideDecimal(failures, if(calls = 0, toDecimal128(1, 6), calls), 20))

-- duplicate_calls --
-- Further reports of calls that are counted already.
duplicate_calls

-- pending_calls --
-- Calls that are not settled yet.
pending_calls

-- unpriced_calls --
-- Calls whose cost is unknown because no price fits.
unpriced_calls

-- unknown_usage_calls --
-- Successful calls whose client sent no usage.
unknown_usage_calls

-- input_tokens --
-- Input that was not served from a cache.
input_tokens

-- cache_read_tokens --
-- Input served from the provider's cache.
cache_read_tokens

-- cache_write_tokens --
-- Input put into the provider's cache.
cache_write_tokens

-- output_tokens --
-- What the models produced, reasoning included.
output_tokens

-- reasoning_tokens --
-- The part of the output that was thought and not said.
reasoning_tokens

-- cost --
-- What the calls cost, as far as it is known.
cost

-- cost_per_call --
-- Cost ÷ calls whose cost is known.
if(known_calls = 0, NULL, divideDecimal(cost, if(known_calls = 0, toDecimal128(1, 6), known_calls), 20))

-- cost_per_trace --
-- Cost and charges ÷ traces.
if(
    traces = 0 OR isNull(cost) AND isNull(charges),
    NULL,
    divideDecimal(
        ifNull(cost, toDecimal128(0, 18)) + ifNull(charges, toDecimal128(0, 18)),
        if(traces = 0, toDecimal128(1, 6), traces),
        20
    )
)

-- cost_per_success --
-- Cost and charges of the traces that have an outcome ÷ successes.
if(successes = 0, NULL, divideDecimal(spent, if(successes = 0, toDecimal128(1, 6), successes), 20))

-- cost_per_million_tokens --
-- Cost ÷ all tokens of the calls whose cost is known, times a million.
if(known_tokens = 0, NULL, divideDecimal(cost, if(known_tokens = 0, toDecimal128(1, 6), known_tokens), 26)) * 1000000

-- charges --
-- What traces cost beside tokens.
charges

-- revenue --
-- What traces were worth.
revenue

-- margin --
-- Revenue less cost and charges of the traces that have an outcome.
revenue - spent

-- cache_savings --
-- What the cached tokens would have cost as fresh input, less what they did cost.
saved

-- wasted_cost --
-- What failed calls and the calls of failed traces cost.
if(isNull(cost), NULL, ifNull(lost, toDecimal128(0, 18)))

-- evaluation_cost --
-- What the calls of judges cost.
if(isNull(cost), NULL, ifNull(judged, toDecimal128(0, 18)))

-- tool_calls --
-- Runs of tools, each counted once however many reported it.
tool_calls

-- tool_failures --
-- Runs of tools that failed.
tool_failures

-- latency_p50 --
-- Half of the successful calls took no longer.
if(isFinite(latency[1]), latency[1] / 1000, NULL)

-- latency_p95 --
-- 95 % of the successful calls took no longer.
if(isFinite(latency[2]), latency[2] / 1000, NULL)

-- latency_p99 --
-- 99 % of the successful calls took no longer.
if(isFinite(latency[3]), latency[3] / 1000, NULL)

-- ttft_p50 --
-- Half of the successful streamed calls had their first token by then.
if(isFinite(ttft[1]), ttft[1] / 1000, NULL)

-- ttft_p95 --
-- 95 % of the successful streamed calls had their first token by then.
if(isFinite(ttft[2]), ttft[2] / 1000, NULL)

-- traces --
-- Traces that began.
traces

-- failed_traces --
-- Traces whose root ended in error, or whose outcome says that they failed.
failed_traces

-- trace_failure_rate --
-- Failed traces ÷ traces.
if(traces = 0, NULL, divideDecimal(failed_traces, if(traces = 0, toDecimal128(1, 6), traces), 20))

-- outcomes --
-- Traces that have an outcome.
outcomes

-- successes --
-- Traces whose outcome says that they succeeded.
successes

-- success_rate --
-- Successes ÷ traces that have an outcome.
if(outcomes = 0, NULL, divideDecimal(successes, if(outcomes = 0, toDecimal128(1, 6), outcomes), 20))

-- outcome_coverage --
-- Traces that have an outcome ÷ traces.
if(traces = 0, NULL, divideDecimal(outcomes, if(traces = 0, toDecimal128(1, 6), traces), 20))

-- calls_per_trace --
-- Calls ÷ traces.
if(traces = 0, NULL, divideDecimal(calls, if(traces = 0, toDecimal128(1, 6), traces), 20))

-- users --
-- Different users of traces that began.
users

-- score --
-- The mean of a score.
score_sum_$number / nullIf(score_weight_$number, 0)

-- score_count --
-- How many scores were given.
score_count_$number
