-- money_by_model --
-- What the calls of a window come to, by provider and model: how many, how many have no price, and their cost, each as
-- often as its client's sampling says that it stands for others.
SELECT
    provider, model,
    toUInt64(sum(share)) AS calls,
    toUInt64(sumIf(share, cost_status = 'unpriced')) AS unpriced_calls,
    sum(cost * share) AS cost
FROM (SELECT *, toDecimal128(if(weight BETWEEN 0 AND 1000000, weight, 1), 6) AS share FROM calls)
WHERE project_id = {project:UUID}
  AND start_time >= {since:DateTime64(6, 'UTC')}
  AND start_time < {until:DateTime64(6, 'UTC')}
  AND kind IN ('generation', 'embedding')
  AND cost_status != 'duplicate'
GROUP BY provider, model
ORDER BY provider, model

-- days_called --
-- The days of a window on which calls of some models began.
SELECT DISTINCT toStartOfDay(start_time) AS day
FROM calls
WHERE project_id = {project:UUID}
  AND start_time >= {since:DateTime64(6, 'UTC')}
  AND start_time < {until:DateTime64(6, 'UTC')}
  AND kind IN ('generation', 'embedding')
  AND (provider, model) IN {models:Array(Tuple(String, String))}
ORDER BY day
