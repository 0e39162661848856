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
        WHERE c.project_id IN (SELECT project_id FROM roots)
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
    known AS
    (
        SELECT
            s.*,
            s.kind IN ('generation', 'embedding') AS _is_call,
            _is_call AND p.reports > 1 AND p.primary != concat(s.trace_id, s.span_id) AS _is_duplicate,
            p.primary AS _told_by,
            coalesce(s.cache_read_tokens, 0) AS _read,
            coalesce(s.cache_write_tokens, 0) AS _written,
            coalesce(s.cache_write_1h_tokens, 0) AS _written_1h,
            s.input_tokens IS NULL OR s.output_tokens IS NULL
                OR least(s.input_tokens, s.output_tokens, _read, _written_1h, _written - _written_1h) < 0
                OR greatest(s.input_tokens, s.output_tokens, _read, _written) > 1000000000 AS _unknown,
            x.current_price_id != '' AND s.start_time < x.ends AS _has_price,
            arrayLast(tier -> s.input_tokens + _read + _written > tier.above, x.tiers) AS _rate,
            if(_unknown OR NOT _has_price, NULL, accurateCastOrNull(round(
                if(s.input_tokens = 0, 0, s.input_tokens * _rate.input)
                    + if(_read = 0, 0, _read * _rate.cache_read)
                    + if(_written = _written_1h, 0, (_written - _written_1h) * _rate.cache_write)
                    + if(_written_1h = 0, 0, _written_1h * _rate.cache_write_1h)
                    + if(s.output_tokens = 0, 0, s.output_tokens * _rate.output), 12), 'Decimal(18, 12)')) AS _amount,
            multiIf(
                NOT _is_call, 'not_billable',
                _is_duplicate, 'duplicate',
                s.cost_status IN ('priced', 'reported'), s.cost_status,
                _unknown AND s.status = 'error', 'not_billable',
                _amount IS NOT NULL, 'priced',
                s.reported_cost IS NOT NULL, 'reported',
                _unknown, 'unknown_usage',
                'unpriced') AS _status,
            s.cost_status = _status AS _as_before,
            multiIf(
                _status = 'priced', if(_as_before, s.cost, _amount),
                _status = 'reported', if(_as_before, s.cost, s.reported_cost),
                NULL) AS _cost,
            multiIf(_status != 'priced', '', _as_before, s.price_id, x.current_price_id) AS _price_id,
            multiIf(_status != 'priced', 0, _as_before, s.price_version, x.current_price_version) AS _price_version,
            if(_is_duplicate, _told_by, toFixedString('', 24)) AS _duplicate_of,
            if(s.own_route != '', s.own_route, r.root_route) AS _route,
            if(s.session_id != '', s.session_id, r.root_session_id) AS _session_id,
            if(s.user_id != '', s.user_id, r.root_user_id) AS _user_id,
            if(s.customer != '', s.customer, r.root_customer) AS _customer,
            if(s.environment != '', s.environment, r.root_environment) AS _environment,
            if(s.release != '', s.release, r.root_release) AS _release,
            if(s.prompt != '', s.prompt, r.root_prompt) AS _prompt,
            mapUpdate(r.root_tags, s.tags) AS _tags,
            s.cost_status != _status
                OR s.price_id != _price_id
                OR s.price_version != _price_version
                OR s.duplicate_of != _duplicate_of
                OR s.route != _route
                OR s.session_id != _session_id
                OR s.user_id != _user_id
                OR s.customer != _customer
                OR s.environment != _environment
                OR s.release != _release
                OR s.prompt != _prompt
                OR NOT hasAll(mapKeys(s.tags), mapKeys(r.root_tags)) AS _changed
        FROM spans AS s FINAL
        INNER JOIN roots AS r USING (project_id, trace_id)
        LEFT JOIN reports AS p USING (project_id, response_id)
        ASOF LEFT JOIN rates AS x USING (project_id, provider, model, start_time)
        WHERE s.project_id IN (SELECT project_id FROM roots)
          AND s.start_time >= {since:DateTime64(6, 'UTC')}
          AND s.start_time <= {until:DateTime64(6, 'UTC')}
          AND (s.project_id, s.trace_id) IN (SELECT project_id, trace_id FROM roots)
          AND (r.touched OR p.report_touched)
    )
SELECT COLUMNS('^[a-z]') REPLACE (
    version + 1 AS version,
    _status AS cost_status,
    _cost AS cost,
    _price_id AS price_id,
    _price_version AS price_version,
    _duplicate_of AS duplicate_of,
    _route AS route,
    _session_id AS session_id,
    _user_id AS user_id,
    _customer AS customer,
    _environment AS environment,
    _release AS release,
    _prompt AS prompt,
    _tags AS tags)
FROM known
WHERE _changed
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_on_insert = 0
