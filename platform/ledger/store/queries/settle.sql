-- gather_arrived (house-wide) --
-- The traces that a range of a node's groups touched, each with where it lies in time.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
SELECT {batch:UInt64}, toStartOfHour(min(start_time)), project_id, trace_id, min(start_time), max(start_time), true
FROM span_keys
WHERE (project_id, trace_id) IN
(
    SELECT project_id, trace_id
    FROM arrivals
    WHERE node = {node:String} AND group_seq > {after:UInt64} AND group_seq <= {upto:UInt64}
)
GROUP BY project_id, trace_id

-- gather_unpriced (house-wide) --
-- The traces that hold unpriced calls of some models.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
SELECT {batch:UInt64}, toStartOfHour(min(start_time)), project_id, trace_id, min(start_time), max(start_time), true
FROM span_keys
WHERE (project_id, trace_id) IN
(
    SELECT project_id, trace_id FROM ledger WHERE cost_status = 'unpriced' AND model IN {models:Array(String)}
)
GROUP BY project_id, trace_id

-- models_unpriced (house-wide) --
-- Which models nobody had a price for when their calls were settled.
SELECT DISTINCT project_id, provider, model FROM ledger WHERE cost_status = 'unpriced'

-- slices (house-wide) --
-- The hours in which the batch's traces begin, and the time that the traces of each reach over.
SELECT slice, min(first) AS since, max(last) AS until, count() AS traces
FROM settling
WHERE batch = {batch:UInt64}
GROUP BY slice
ORDER BY slice

-- gather_twins (house-wide) --
-- The other traces that report the same responses of a provider as the batch's own, looked for an hour before and after,
-- and those whose report was found to be the first of them earlier, however long ago.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
WITH
    own AS
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}
    ),
    reports AS
    (
        SELECT project_id, trace_id, duplicate_of
        FROM spans FINAL
        WHERE project_id IN (SELECT project_id FROM own)
          AND start_time >= {since:DateTime64(6, 'UTC')} - toIntervalHour(1)
          AND start_time <= {until:DateTime64(6, 'UTC')} + toIntervalHour(1)
          AND kind IN ('generation', 'embedding')
          AND (project_id, response_id) IN
          (
              SELECT project_id, response_id
              FROM spans
              WHERE project_id IN (SELECT project_id FROM own)
                AND start_time >= {since:DateTime64(6, 'UTC')}
                AND start_time <= {until:DateTime64(6, 'UTC')}
                AND (project_id, trace_id) IN own
                AND response_id != ''
          )
    )
SELECT {batch:UInt64}, {begin:DateTime('UTC')}, project_id, trace_id, min(start_time), max(start_time), false
FROM span_keys
WHERE (project_id, trace_id) IN
(
    SELECT project_id, arrayJoin([trace_id, toFixedString(substring(duplicate_of, 1, 16), 16)]) AS trace_id
    FROM reports
)
  AND (project_id, trace_id) NOT IN own
GROUP BY project_id, trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1

-- gather_roots (house-wide) --
-- What each trace says for all of its spans: the root's word, else the first that a span of it says.
INSERT INTO settling_roots
    (batch, slice, project_id, trace_id, touched, spans, calls_only, models,
     route, session_id, user_id, customer, environment, release, prompt, tags)
WITH traces AS
(
    SELECT project_id, trace_id, max(touched) AS touched
    FROM settling
    WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}
    GROUP BY project_id, trace_id
)
SELECT
    {batch:UInt64}, {begin:DateTime('UTC')}, project_id, trace_id,
    (project_id, trace_id) IN (SELECT project_id, trace_id FROM traces WHERE touched),
    count(),
    argMin(s.kind, place) IN ('generation', 'embedding'),
    groupUniqArrayIf((s.provider, s.model), s.kind IN ('generation', 'embedding') AND s.model != ''),
    argMinIf(s.own_route, place, s.own_route != ''),
    argMinIf(s.session_id, place, s.session_id != ''),
    argMinIf(s.user_id, place, s.user_id != ''),
    argMinIf(s.customer, place, s.customer != ''),
    argMinIf(s.environment, place, s.environment != ''),
    argMinIf(s.release, place, s.release != ''),
    argMinIf(s.prompt, place, s.prompt != ''),
    argMinIf(s.tags, place, notEmpty(s.tags))
FROM
(
    SELECT
        project_id, trace_id, kind, provider, model,
        own_route, session_id, user_id, customer, environment, release, prompt, tags,
        -- Roots before all others, then by start, then by id: one number, because numbers compare fast.
        bitShiftLeft(toUInt128(parent_id != toFixedString('', 8)), 127)
            + bitShiftLeft(toUInt128(greatest(0, toUnixTimestamp64Micro(start_time))), 64)
            + reinterpretAsUInt64(span_id) AS place
    FROM spans FINAL
    WHERE project_id IN (SELECT project_id FROM traces)
      AND start_time >= {since:DateTime64(6, 'UTC')}
      AND start_time <= {until:DateTime64(6, 'UTC')}
      AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM traces)
) AS s
GROUP BY project_id, trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1

-- reach (house-wide) --
-- The time that the traces of some slices reach over, twins included.
SELECT min(first) AS since, max(last) AS until
FROM settling
WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}

-- models_called (house-wide) --
-- Which models the batch's calls name.
SELECT DISTINCT project_id, named.provider AS provider, named.model AS model
FROM settling_roots
ARRAY JOIN models AS named
WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}

-- settle (house-wide) --
-- Write each span of the batch that reads differently once its trace, its twins and its price are known.
INSERT INTO spans
WITH
    roots AS
    (
        SELECT
            project_id, trace_id, touched, spans, calls_only, route AS root_route, session_id AS root_session_id,
            user_id AS root_user_id, customer AS root_customer, environment AS root_environment,
            release AS root_release, prompt AS root_prompt, tags AS root_tags
        FROM settling_roots
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    reports AS
    (
        SELECT
            project_id,
            c.response_id AS response_id,
            count() AS reports,
            max(r.touched) AS report_touched,
            argMin(
                concat(c.trace_id, c.span_id),
                (
                    c.input_tokens IS NULL OR c.output_tokens IS NULL,
                    (c.input_tokens IS NULL) + (c.output_tokens IS NULL) + (c.cache_read_tokens IS NULL)
                        + (c.cache_write_tokens IS NULL) + (c.reasoning_tokens IS NULL),
                    r.calls_only,
                    -toInt64(r.spans),
                    c.start_time, c.trace_id, c.span_id
                )
            ) AS primary
        FROM spans AS c FINAL
        INNER JOIN roots AS r USING (project_id, trace_id)
        WHERE (c.project_id, c.trace_id) IN (SELECT project_id, trace_id FROM roots)
          AND c.start_time >= {since:DateTime64(6, 'UTC')}
          AND c.start_time <= {until:DateTime64(6, 'UTC')}
          AND c.kind IN ('generation', 'embedding')
          AND c.response_id != ''
        GROUP BY project_id, c.response_id
        HAVING reports > 1
    ),
    rates AS
    (
        SELECT
            project_id, provider, model, begins AS start_time, ends, tiers,
            price_id AS current_price_id, price_version AS current_price_version
        FROM settling_rates
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    traced AS
    (
        SELECT
            s.*,
            r.root_route AS _root_route, r.root_session_id AS _root_session_id, r.root_user_id AS _root_user_id,
            r.root_customer AS _root_customer, r.root_environment AS _root_environment,
            r.root_release AS _root_release, r.root_prompt AS _root_prompt, r.root_tags AS _root_tags,
            p.reports > 1 AND p.primary != concat(s.trace_id, s.span_id) AND s.kind IN ('generation', 'embedding')
                AS _is_duplicate,
            p.primary AS _primary,
            coalesce(s.cache_read_tokens, 0) AS _read,
            coalesce(s.cache_write_tokens, 0) AS _written,
            coalesce(s.cache_write_1h_tokens, 0) AS _written_1h,
            -- An embedding has no output: none said is none.
            if(s.kind = 'embedding', coalesce(s.output_tokens, 0), s.output_tokens) AS _said,
            s.input_tokens IS NULL OR _said IS NULL
                OR least(s.input_tokens, _said, _read, _written_1h, _written - _written_1h) < 0
                OR greatest(s.input_tokens, _said, _read, _written) > 1000000000 AS _unknown,
            arrayLast(tier -> s.input_tokens + _read + _written > tier.above, x.tiers) AS _rate,
            if(_unknown OR x.current_price_id = '' OR s.start_time >= x.ends, NULL, accurateCastOrNull(round(
                if(s.input_tokens = 0, 0, s.input_tokens * _rate.input)
                    + if(_read = 0, 0, _read * _rate.cache_read)
                    + if(_written = _written_1h, 0, (_written - _written_1h) * _rate.cache_write)
                    + if(_written_1h = 0, 0, _written_1h * _rate.cache_write_1h)
                    + if(_said = 0, 0, _said * _rate.output), 12), 'Decimal(18, 12)')) AS _amount,
            x.current_price_id AS _current_price_id,
            x.current_price_version AS _current_price_version
        FROM
        (
            SELECT *
            FROM spans FINAL
            WHERE start_time >= {since:DateTime64(6, 'UTC')}
              AND start_time <= {until:DateTime64(6, 'UTC')}
              AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM roots)
        ) AS s
        INNER JOIN roots AS r USING (project_id, trace_id)
        LEFT JOIN reports AS p USING (project_id, response_id)
        ASOF LEFT JOIN rates AS x USING (project_id, provider, model, start_time)
        WHERE r.touched OR p.report_touched
    ),
    judged AS
    (
        SELECT
            *,
            multiIf(
                kind NOT IN ('generation', 'embedding'), 'not_billable',
                _is_duplicate, 'duplicate',
                cost_status IN ('priced', 'reported'), cost_status,
                _unknown AND status = 'error', 'not_billable',
                _amount IS NOT NULL, 'priced',
                reported_cost IS NOT NULL, 'reported',
                _unknown, 'unknown_usage',
                'unpriced') AS _status
        FROM traced
    )
-- What was priced keeps its price; the rest of its money follows from the status.
SELECT COLUMNS('^[a-z]') REPLACE (
    version + 1 AS version,
    _status AS cost_status,
    multiIf(
        _status NOT IN ('priced', 'reported'), NULL,
        _status = judged.cost_status, judged.cost,
        _status = 'priced', _amount,
        reported_cost) AS cost,
    multiIf(_status != 'priced', '', _status = judged.cost_status, judged.price_id, _current_price_id) AS price_id,
    multiIf(_status != 'priced', 0, _status = judged.cost_status, judged.price_version, _current_price_version)
        AS price_version,
    if(_is_duplicate, _primary, toFixedString('', 24)) AS duplicate_of,
    if(own_route != '', own_route, _root_route) AS route,
    if(judged.session_id != '', judged.session_id, _root_session_id) AS session_id,
    if(judged.user_id != '', judged.user_id, _root_user_id) AS user_id,
    if(judged.customer != '', judged.customer, _root_customer) AS customer,
    if(judged.environment != '', judged.environment, _root_environment) AS environment,
    if(judged.release != '', judged.release, _root_release) AS release,
    if(judged.prompt != '', judged.prompt, _root_prompt) AS prompt,
    mapUpdate(_root_tags, judged.tags) AS tags)
FROM judged
WHERE judged.cost_status != _status
   OR _is_duplicate AND judged.duplicate_of != _primary
   OR judged.route != if(own_route != '', own_route, _root_route)
   OR judged.session_id = '' AND _root_session_id != ''
   OR judged.user_id = '' AND _root_user_id != ''
   OR judged.customer = '' AND _root_customer != ''
   OR judged.environment = '' AND _root_environment != ''
   OR judged.release = '' AND _root_release != ''
   OR judged.prompt = '' AND _root_prompt != ''
   OR NOT hasAll(mapKeys(judged.tags), mapKeys(_root_tags))
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_on_insert = 0
