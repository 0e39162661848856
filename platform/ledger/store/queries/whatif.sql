-- loads --
-- A route's model calls with known usage, those together that every price in question charges alike; tokens are summed as
-- prices have rates for them (ledger.domain.prices.billed).
SELECT
    lower(tier) AS service,
    toDecimal64(if(weight BETWEEN 0 AND 1000000, weight, 1), 6) AS share,
    arrayCount(edge -> start_time >= edge, {times:Array(DateTime64(6, 'UTC'))}) AS era,
    arrayCount(edge -> toHour(start_time) * 60 + toMinute(start_time) >= edge, {minutes:Array(Int32)}) AS part,
    arrayCount(edge -> _context > edge, {contexts:Array(Int64)}) AS stretch,
    count() AS calls,
    min(start_time) AS at,
    min(_context) AS context,
    sum(input_tokens - _heard - _seen) AS input,
    sum(_read) AS cache_read,
    sum(_written - _written_1h) AS cache_write,
    sum(_written_1h) AS cache_write_1h,
    sum(output_tokens - _spoken - _drawn) AS output,
    sum(_heard) AS input_audio,
    sum(_spoken) AS output_audio,
    sum(_seen) AS input_image,
    sum(_drawn) AS output_image
FROM
(
    SELECT
        start_time, tier, weight, assumeNotNull(c.input_tokens) AS input_tokens,
        assumeNotNull(c.output_tokens) AS output_tokens,
        coalesce(cache_read_tokens, 0) AS _read,
        coalesce(cache_write_tokens, 0) AS _written,
        coalesce(cache_write_1h_tokens, 0) AS _written_1h,
        input_tokens + _read + _written AS _context,
        least(greatest(coalesce(input_audio_tokens, 0), 0), input_tokens) AS _heard,
        least(greatest(coalesce(input_image_tokens, 0), 0), input_tokens - _heard) AS _seen,
        least(greatest(coalesce(output_audio_tokens, 0), 0), output_tokens) AS _spoken,
        least(greatest(coalesce(output_image_tokens, 0), 0), output_tokens - _spoken) AS _drawn
    FROM calls AS c
    WHERE project_id = {project:UUID}
      AND start_time >= {since:DateTime64(6, 'UTC')}
      AND start_time < {until:DateTime64(6, 'UTC')}
      AND route = {route:String}
      AND kind = 'generation'
      AND NOT for_evaluation
      AND cost_status IN ('priced', 'reported', 'unpriced')
      AND c.input_tokens BETWEEN 0 AND 1000000000 AND c.output_tokens BETWEEN 0 AND 1000000000
      AND coalesce(cache_read_tokens, 0) BETWEEN 0 AND 1000000000
      AND coalesce(cache_write_tokens, 0) BETWEEN coalesce(cache_write_1h_tokens, 0) AND 1000000000
      AND coalesce(cache_write_1h_tokens, 0) >= 0
)
GROUP BY service, share, era, part, stretch

-- route_calls --
-- What a route's model calls were, by model: how many can be priced anew, what they cost, and what is left out.
SELECT
    provider, model,
    toUInt64(sumIf(share, cost_status IN ('priced', 'reported', 'unpriced'))) AS calls,
    sum(cost * share) AS cost,
    toUInt64(sumIf(share, cost_status = 'unpriced')) AS unpriced_calls,
    toUInt64(sumIf(share, cost_status = 'unknown_usage')) AS unknown_usage_calls
FROM (SELECT *, toDecimal128(if(weight BETWEEN 0 AND 1000000, weight, 1), 6) AS share FROM calls)
WHERE project_id = {project:UUID}
  AND start_time >= {since:DateTime64(6, 'UTC')}
  AND start_time < {until:DateTime64(6, 'UTC')}
  AND route = {route:String}
  AND kind = 'generation'
  AND NOT for_evaluation
  AND cost_status IN ('priced', 'reported', 'unpriced', 'unknown_usage')
GROUP BY provider, model
ORDER BY calls DESC, provider, model

-- route_scores --
-- What scores said of a route's calls by model: a call's own scores, and those of traces by each model called in them.
WITH
    called AS
    (
        SELECT trace_id, span_id, provider, model
        FROM calls
        WHERE project_id = {project:UUID}
          AND start_time >= {since:DateTime64(6, 'UTC')}
          AND start_time < {until:DateTime64(6, 'UTC')}
          AND route = {route:String}
          AND kind = 'generation'
          AND NOT for_evaluation
          AND cost_status NOT IN ('duplicate', 'pending')
    ),
    given AS
    (
        SELECT trace_id, span_id, name, value
        FROM marks
        WHERE project_id = {project:UUID}
          AND trace_id IN (SELECT trace_id FROM called)
          AND value IS NOT NULL
    )
SELECT
    provider, model, name,
    count() AS n, sum(value) AS total, sum(value * value) AS squares, countIf(value NOT IN (0, 1)) = 0 AS binary
FROM
(
    SELECT c.provider AS provider, c.model AS model, g.name AS name, assumeNotNull(g.value) AS value
    FROM given AS g
    INNER JOIN called AS c ON c.trace_id = g.trace_id AND c.span_id = g.span_id
    UNION ALL
    SELECT t.provider, t.model, g.name, assumeNotNull(g.value)
    FROM given AS g
    INNER JOIN (SELECT DISTINCT trace_id, provider, model FROM called) AS t ON t.trace_id = g.trace_id
    WHERE (g.trace_id, g.span_id) NOT IN (SELECT trace_id, span_id FROM called)
)
GROUP BY provider, model, name

-- route_outcomes --
-- How the tasks ended in which a route's calls were made, by model; those without an outcome are left out.
SELECT provider, model, count() AS n, countIf(t.success) AS successes
FROM
(
    SELECT DISTINCT trace_id, provider, model
    FROM calls
    WHERE project_id = {project:UUID}
      AND start_time >= {since:DateTime64(6, 'UTC')}
      AND start_time < {until:DateTime64(6, 'UTC')}
      AND route = {route:String}
      AND kind = 'generation'
      AND NOT for_evaluation
      AND cost_status NOT IN ('duplicate', 'pending')
) AS c
INNER JOIN
(
    SELECT trace_id, success FROM traces WHERE project_id = {project:UUID} AND success IS NOT NULL
) AS t ON t.trace_id = c.trace_id
GROUP BY provider, model
