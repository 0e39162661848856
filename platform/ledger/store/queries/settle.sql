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
    SELECT project_id, trace_id FROM calls WHERE cost_status = 'unpriced' AND model IN {models:Array(String)}
)
GROUP BY project_id, trace_id

-- gather_called --
-- The traces that hold calls of a time, of one provider or model if those are named.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
SELECT {batch:UInt64}, toStartOfHour(min(start_time)), project_id, trace_id, min(start_time), max(start_time), true
FROM span_keys
WHERE project_id = {project:UUID} AND trace_id IN
(
    SELECT trace_id
    FROM calls
    WHERE project_id = {project:UUID}
      AND start_time >= {from:DateTime64(6, 'UTC')} AND start_time < {to:DateTime64(6, 'UTC')}
      AND kind IN ('generation', 'embedding')
      AND ({provider:String} = '' OR provider = {provider:String})
      AND ({model:String} = '' OR model = {model:String})
)
GROUP BY project_id, trace_id

-- gather_sessions (house-wide) --
-- Of the batch's sessions that have outcomes or charges: the traces whose entries bear them, or should. Where the whole
-- batch was settled at once, only those that were not in it.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
WITH
    sessions AS
    (
        SELECT project_id, session_id FROM settling_traces WHERE batch = {settled:UInt64} AND session_id != ''
    ),
    valued AS
    (
        SELECT project_id, subject_id
        FROM outcomes FINAL
        WHERE subject = 'session' AND (project_id, subject_id) IN sessions
        UNION DISTINCT
        SELECT project_id, subject_id
        FROM charges FINAL
        WHERE subject = 'session' AND (project_id, subject_id) IN sessions
    ),
    entries AS
    (
        SELECT
            project_id, trace_id, session_id, start_time, first, last,
            success IS NOT NULL OR charges IS NOT NULL AS bears,
            max((start_time, trace_id)) OVER (PARTITION BY project_id, session_id) AS latest
        FROM traces
        WHERE (project_id, session_id) IN valued
    )
SELECT {batch:UInt64}, toStartOfHour(first), project_id, trace_id, first, last, true
FROM entries
WHERE (bears OR latest = (start_time, trace_id))
  AND ({again:Bool} OR (project_id, trace_id) NOT IN
  (
      SELECT project_id, trace_id FROM settling_traces WHERE batch = {settled:UInt64}
  ))

-- models_unpriced (house-wide) --
-- Which models nobody had a price for when their calls were settled.
SELECT DISTINCT project_id, provider, model FROM calls WHERE cost_status = 'unpriced'

-- slices (house-wide) --
-- The hours in which the batch's traces begin, and the time that the traces of each reach over.
SELECT slice, min(first) AS since, max(last) AS until, count() AS traces
FROM settling
WHERE batch = {batch:UInt64}
GROUP BY slice
ORDER BY slice

-- gather_twins (house-wide) --
-- The other traces that report the same calls as the batch's own: by the id of the provider's answer however late, and
-- by what was counted elsewhere before; without an id, by equal tokens or the same failure in the same process, within
-- a minute, where two instrumentors tell of it. An id or a failure that hundreds of traces share says nothing.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
WITH
    own AS
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}
    ),
    near AS
    (
        SELECT
            project_id, trace_id, scope, response_id, duplicate_of,
            (project_id, trace_id) IN own AS mine,
            status = 'error' OR response_id = '' AS silent,
            cityHash64((
                service, instance, status = 'error', if(status = 'error', failure_kind, ''),
                if(status = 'error', NULL, input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)),
                if(status = 'error', NULL, output_tokens))) AS likeness,
            toStartOfMinute(start_time) AS minute
        FROM call_entries
        WHERE project_id IN (SELECT project_id FROM own)
          AND start_time >= {since:DateTime64(6, 'UTC')} - toIntervalMinute(1)
          AND start_time <= {until:DateTime64(6, 'UTC')} + toIntervalMinute(1)
          AND kind IN ('generation', 'embedding')
    ),
    resembling AS
    (
        SELECT project_id, arrayJoin(traces) AS trace_id
        FROM
        (
            SELECT project_id, groupUniqArrayIf(500)(trace_id, NOT mine) AS traces
            FROM near
            ARRAY JOIN [minute - toIntervalMinute(1), minute, minute + toIntervalMinute(1)] AS about
            WHERE mine OR about = minute
            GROUP BY project_id, likeness, about
            HAVING max(mine) AND max(silent) AND min(scope) != max(scope)
        )
    ),
    answered AS
    (
        SELECT project_id, trace_id
        FROM response_traces
        WHERE (project_id, response) IN (SELECT project_id, cityHash64(response_id) FROM near WHERE mine AND response_id != '')
        LIMIT 100 BY project_id, response
    ),
    counted_with AS
    (
        SELECT project_id, toFixedString(substring(duplicate_of, 1, 16), 16) AS trace_id
        FROM near
        WHERE mine AND duplicate_of != toFixedString('', 24)
        UNION ALL
        SELECT project_id, trace_id
        FROM near
        WHERE (project_id, toFixedString(substring(duplicate_of, 1, 16), 16)) IN own
    )
SELECT {batch:UInt64}, {begin:DateTime('UTC')}, project_id, trace_id, min(start_time), max(start_time), false
FROM span_keys
WHERE (project_id, trace_id) IN
(
    SELECT project_id, trace_id FROM resembling
    UNION ALL
    SELECT project_id, trace_id FROM answered
    UNION ALL
    SELECT project_id, trace_id FROM counted_with
)
  AND (project_id, trace_id) NOT IN own
GROUP BY project_id, trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1

-- reach (house-wide) --
-- The time that the traces of some slices reach over, twins included.
SELECT min(first) AS since, max(last) AS until
FROM settling
WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}

-- gather_traces (house-wide) --
-- What the spans of each trace come to: the root's word, else the first that a span of it says.
INSERT INTO settling_traces
    (batch, slice, project_id, trace_id, touched, entry_start, entry_version,
     spans, calls, silent, folded, nested, evaluators, tools_again, least_scope, most_scope, models, hours, agents,
     start_time, first, last, ended, name, kind, duration_us, status, own_failure_kind, first_failure_kind,
     route, session_id, user_id, customer, environment, release, service, prompt, variant, tags, weight)
WITH own AS
(
    SELECT project_id, trace_id, max(touched) AS touched
    FROM settling
    WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}
    GROUP BY project_id, trace_id
)
SELECT
    {batch:UInt64}, {begin:DateTime('UTC')}, s.project_id, s.trace_id, any(own.touched),
    any(k.start_time), any(k.version),
    count(),
    countIf(s.is_call),
    countIf(s.is_call AND (s.response_id = '' OR s.status = 'error')),
    countIf(has(s.flags, 'log_of_parent')),
    hasAny(groupArrayIf(s.parent, s.is_call), groupArrayIf(s.span, s.is_call)),
    countIf(s.kind = 'evaluator'),
    countIf(s.kind = 'tool') - uniqExactIf(s.tool, s.kind = 'tool'),
    minIf(s.scope, s.is_call),
    maxIf(s.scope, s.is_call),
    groupUniqArrayIf((s.provider, s.model), s.is_call AND s.model != ''),
    groupUniqArray(toStartOfHour(s.start_time)),
    groupUniqArrayIf((s.kind, s.provider, s.model, s.operation, s.tier, s.region, s.agent, s.tool), s.kind = 'agent'),
    argMin(s.start_time, place),
    min(s.start_time),
    max(s.start_time),
    max(s.start_time + toIntervalMicrosecond(s.duration_us)),
    argMin(s.name, place),
    argMin(s.kind, place),
    argMin(s.duration_us, place),
    argMin(s.status, place),
    argMin(s.failure_kind, place),
    argMinIf(s.failure_kind, place, s.failure_kind != ''),
    argMinIf(s.own_route, place, s.own_route != ''),
    argMinIf(s.session_id, place, s.session_id != ''),
    argMinIf(s.user_id, place, s.user_id != ''),
    argMinIf(s.customer, place, s.customer != ''),
    argMinIf(s.environment, place, s.environment != ''),
    argMinIf(s.release, place, s.release != ''),
    argMinIf(s.service, place, s.service != ''),
    argMinIf(s.prompt, place, s.prompt != ''),
    argMinIf(s.variant, place, s.variant != ''),
    argMinIf(s.tags, place, notEmpty(s.tags)),
    argMin(s.weight, place)
FROM
(
    SELECT
        project_id, trace_id, start_time, duration_us, name, kind, status, failure_kind, provider, model, operation,
        tier, region, agent, tool, scope, response_id, flags, weight,
        own_route, session_id, user_id, customer, environment, release, service, prompt, variant, tags,
        kind IN ('generation', 'embedding') AS is_call,
        reinterpretAsUInt64(span_id) AS span,
        reinterpretAsUInt64(parent_id) AS parent,
        -- Roots before all others, then by start, then by id: one number, because numbers compare fast.
        bitShiftLeft(toUInt128(parent != 0), 127)
            + bitShiftLeft(toUInt128(greatest(0, toUnixTimestamp64Micro(start_time))), 64)
            + span AS place
    FROM spans FINAL
    WHERE project_id IN (SELECT project_id FROM own)
      AND start_time >= {since:DateTime64(6, 'UTC')}
      AND start_time <= {until:DateTime64(6, 'UTC')}
      AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM own)
) AS s
INNER JOIN own USING (project_id, trace_id)
LEFT JOIN
(
    SELECT project_id, trace_id, start_time, version
    FROM trace_keys FINAL
    WHERE (project_id, trace_id) IN (SELECT project_id, trace_id FROM own)
) AS k USING (project_id, trace_id)
GROUP BY s.project_id, s.trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1

-- noticed (house-wide) --
-- What settling a project's traces has to look up, and where it must look closer.
SELECT
    project_id,
    groupUniqArrayArray(models) AS models,
    minIf(least_scope, calls > 0) != maxIf(most_scope, calls > 0) AS scopes,
    max(folded > 0 OR tools_again > 0 OR evaluators > 0 OR silent > 0 AND (nested OR least_scope != most_scope)) AS knots,
    (SELECT count() FROM outcomes) + (SELECT count() FROM charges) > 0 AS worth
FROM settling_traces
WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
GROUP BY project_id

-- knotty_spans (house-wide) --
-- All spans of the traces that must be looked at as trees: several instrumentors or a call in a call, and a report without
-- an id; logs of calls; a tool called again; an evaluator.
SELECT
    project_id, trace_id, span_id, parent_id, kind, tool, scope, service, instance, model, request_model, failure_kind,
    response_id, input_hash,
    toUnixTimestamp64Micro(start_time) AS start,
    start + duration_us AS end,
    input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) AS context,
    if(kind = 'embedding', coalesce(output_tokens, 0), output_tokens) AS output,
    status = 'error' AS failed,
    has(flags, 'log_of_parent') AS is_log,
    false AS is_bare
FROM spans FINAL
WHERE start_time >= {since:DateTime64(6, 'UTC')}
  AND start_time <= {until:DateTime64(6, 'UTC')}
  AND (project_id, trace_id) IN
  (
      SELECT project_id, trace_id
      FROM settling_traces
      WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
        AND (folded > 0 OR tools_again > 0 OR evaluators > 0 OR silent > 0 AND (nested OR least_scope != most_scope))
  )
SETTINGS do_not_merge_across_partitions_select_final = 1

-- alike_reports (house-wide) --
-- Reports of calls that others of another scope resemble, where one of them has no id, or one that names no answer.
WITH
    own AS
    (
        SELECT project_id, trace_id, calls = spans AS is_bare
        FROM settling_traces
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    )
SELECT * EXCEPT (silent, broken)
FROM
(
    SELECT
        *,
        failed OR response_id = '' OR broken AS silent,
        max(silent) OVER alike AS any_silent,
        min(scope) OVER alike AS least_scope,
        max(scope) OVER alike AS most_scope
    FROM
    (
        SELECT
            *,
            response_id != '' AND uniqExactIf((scope, context, output, model), context IS NOT NULL AND NOT is_log) OVER answer
                > uniqExactIf(scope, context IS NOT NULL AND NOT is_log) OVER answer AS broken
        FROM
        (
            SELECT
                s.project_id AS project_id, s.trace_id AS trace_id, span_id, parent_id, kind, tool, scope, service,
                instance, model, request_model, failure_kind, response_id, input_hash,
                toUnixTimestamp64Micro(start_time) AS start,
                start + duration_us AS end,
                input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) AS context,
                if(kind = 'embedding', coalesce(output_tokens, 0), output_tokens) AS output,
                status = 'error' AS failed,
                has(flags, 'log_of_parent') AS is_log,
                own.is_bare AS is_bare
            FROM spans AS s FINAL
            INNER JOIN own ON own.project_id = s.project_id AND own.trace_id = s.trace_id
            WHERE s.start_time >= {since:DateTime64(6, 'UTC')}
              AND s.start_time <= {until:DateTime64(6, 'UTC')}
              AND (s.project_id, s.trace_id) IN (SELECT project_id, trace_id FROM own)
              AND s.kind IN ('generation', 'embedding')
        )
        WINDOW answer AS (PARTITION BY project_id, response_id)
    )
    WINDOW alike AS (PARTITION BY project_id, service, instance, failed, if(failed, failure_kind, ''), if(failed, NULL, context), if(failed, NULL, output))
)
WHERE any_silent AND least_scope != most_scope AND (failed OR context IS NOT NULL)
SETTINGS do_not_merge_across_partitions_select_final = 1

-- gather_worth (house-wide) --
-- How the traces ended, and what was charged to them: told of a trace, or of the session whose last trace it is.
INSERT INTO settling_worth (batch, slice, project_id, trace_id, success, revenue, outcome_at, charges)
WITH
    own AS
    (
        SELECT project_id, trace_id, session_id, start_time
        FROM settling_traces
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    sessions AS (SELECT project_id, session_id FROM own WHERE session_id != ''),
    told AS
    (
        SELECT
            project_id, subject, subject_id, toNullable(success) AS succeeded, value, toNullable(received_at) AS at,
            CAST(NULL AS Nullable(Decimal(18, 12))) AS amount
        FROM outcomes FINAL
        WHERE (project_id, subject, subject_id) IN
        (
            SELECT project_id, 'trace', lower(hex(trace_id)) FROM own
            UNION ALL
            SELECT project_id, 'session', session_id FROM sessions
        )
        UNION ALL
        SELECT project_id, subject, subject_id, NULL, NULL, NULL, amount
        FROM charges FINAL
        WHERE (project_id, subject, subject_id) IN
        (
            SELECT project_id, 'trace', lower(hex(trace_id)) FROM own
            UNION ALL
            SELECT project_id, 'session', session_id FROM sessions
        )
    ),
    known AS
    (
        SELECT project_id, trace_id, session_id, start_time
        FROM traces
        WHERE (project_id, session_id) IN (SELECT project_id, subject_id FROM told WHERE subject = 'session')
          AND (project_id, trace_id) NOT IN (SELECT project_id, trace_id FROM own)
    ),
    last_traces AS
    (
        SELECT project_id, session_id, argMax(trace_id, (start_time, trace_id)) AS trace_id
        FROM (SELECT * FROM own UNION ALL SELECT * FROM known)
        WHERE session_id != ''
        GROUP BY project_id, session_id
    ),
    subjects AS
    (
        SELECT project_id, trace_id, 'trace' AS subject, lower(hex(trace_id)) AS subject_id FROM own
        UNION ALL
        SELECT project_id, trace_id, 'session', session_id
        FROM last_traces
        WHERE (project_id, trace_id) IN (SELECT project_id, trace_id FROM own)
    )
SELECT
    {batch:UInt64}, {begin:DateTime('UTC')}, project_id, trace_id,
    min(told.succeeded), accurateCastOrNull(sum(told.value), 'Decimal(18, 12)'), min(told.at),
    accurateCastOrNull(sum(told.amount), 'Decimal(18, 12)')
FROM subjects
INNER JOIN told USING (project_id, subject, subject_id)
GROUP BY project_id, trace_id

-- mark_hours (house-wide) --
-- The hours whose entries may be written now, or left empty, have changed.
INSERT INTO dirty_hours (project_id, hour, mark)
SELECT DISTINCT
    project_id,
    arrayJoin(arrayConcat(hours, [toStartOfHour(if(entry_version > 0, entry_start, start_time))])) AS hour,
    toUnixTimestamp64Nano(now64(9))
FROM settling_traces
WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}

-- settle_calls (house-wide) --
-- Write the entry of each call and tool call that reads differently once its trace, its twins and its price are known.
INSERT INTO call_entries
    (project_id, start_time, trace_id, span_id, version, is_deleted, kind, name, duration_us, ttft_us, status,
     failure_kind, error_type, operation, provider, model, request_model, response_id,
     input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
     input_audio_tokens, output_audio_tokens, input_image_tokens, output_image_tokens,
     cost, reported_cost, cache_savings, cost_status, price_id, price_version, duplicate_of, trace_failed,
     for_evaluation, route, session_id, user_id, customer, environment, release, service, instance, scope, prompt,
     agent, tool, tier, region, variant, tags, weight, basis, digest)
WITH
    roots AS
    (
        SELECT
            t.project_id AS project_id, t.trace_id AS trace_id, t.touched AS touched, t.spans AS spans,
            t.calls = t.spans AS bare, t.kind = 'evaluator' AS judges,
            t.status = 'error' OR w.success = false AS failed,
            t.route AS root_route, t.session_id AS root_session_id, t.user_id AS root_user_id,
            t.customer AS root_customer, t.environment AS root_environment, t.release AS root_release,
            t.prompt AS root_prompt, t.tags AS root_tags
        FROM settling_traces AS t
        LEFT JOIN settling_worth AS w USING (batch, slice, project_id, trace_id)
        WHERE t.batch = {batch:UInt64} AND t.slice = {begin:DateTime('UTC')}
    ),
    notes AS
    (
        SELECT project_id, trace_id, span_id, max(report) AS report, max(inside) AS inside, max(judged) AS judged
        FROM settling_notes
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
        GROUP BY project_id, trace_id, span_id
    ),
    reports AS
    (
        SELECT
            c.project_id AS project_id,
            if(n.report != '', n.report, c.response_id) AS response,
            count() AS reports,
            max(r.touched) AS touched,
            argMin(
                concat(c.trace_id, c.span_id),
                (
                    c.input_tokens IS NULL OR c.output_tokens IS NULL AND c.kind != 'embedding',
                    c.provider = '' OR c.model = '',
                    (c.input_tokens IS NULL) + (c.output_tokens IS NULL) + (c.cache_read_tokens IS NULL)
                        + (c.cache_write_tokens IS NULL),
                    c.reasoning_tokens IS NULL,
                    r.bare,
                    -toInt64(r.spans),
                    c.start_time, c.trace_id, c.span_id
                )
            ) AS primary
        FROM
        (
            SELECT
                project_id, start_time, trace_id, span_id, response_id, kind, provider, model, scope,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
                (input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0), output_tokens, model) AS answer,
                input_tokens IS NOT NULL AND output_tokens IS NOT NULL AND NOT has(flags, 'log_of_parent') AS told
            FROM spans FINAL
            WHERE (project_id, trace_id) IN (SELECT project_id, trace_id FROM roots)
              AND start_time >= {since:DateTime64(6, 'UTC')}
              AND start_time <= {until:DateTime64(6, 'UTC')}
              AND kind IN ('generation', 'embedding')
        ) AS c
        INNER JOIN roots AS r USING (project_id, trace_id)
        LEFT JOIN notes AS n USING (project_id, trace_id, span_id)
        WHERE response != ''
        GROUP BY project_id, response
        -- An id by which one instrumentor knows two answers names none: some servers give all of theirs the same.
        HAVING reports > 1 AND uniqExactIf((c.scope, c.answer), c.told)
            = uniqExactIf(c.scope, c.told)
    ),
    rates AS
    (
        SELECT project_id, provider, model, begins, ends, tiers, price_id, price_version
        FROM settling_tariffs
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    entries AS
    (
        SELECT
            project_id, start_time, trace_id, span_id, version, kind, cost, cache_savings, cost_status, price_id,
            price_version, basis, digest
        FROM call_entries FINAL
        WHERE start_time >= {since:DateTime64(6, 'UTC')}
          AND start_time <= {until:DateTime64(6, 'UTC')}
          AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM roots)
    ),
    s.kind IN ('generation', 'embedding') AS _is_call,
    _is_call OR s.kind = 'tool' AS _is_entry,
    -- Whether an existing entry keeps its price: what it was priced by is what the span says now.
    cityHash64((
        s.provider, s.model, s.tier, s.input_tokens, s.cache_read_tokens, s.cache_write_tokens, s.cache_write_1h_tokens,
        s.output_tokens, s.input_audio_tokens, s.output_audio_tokens, s.input_image_tokens, s.output_image_tokens))
        AS _basis,
    s.project_id = {project:UUID} AND s.start_time >= {from:DateTime64(6, 'UTC')}
        AND s.start_time < {to:DateTime64(6, 'UTC')} AND {provider:String} IN ('', s.provider)
        AND {model:String} IN ('', s.model) AS _repriced,
    NOT _repriced AND e.basis IN (0, _basis)
        AND (e.cost_status = 'priced' OR e.cost_status = 'reported' AND s.reported_cost IS NOT NULL) AS _kept,
    -- The price in force. All of pricing stands in these lines.
    coalesce(s.cache_read_tokens, 0) AS _read,
    coalesce(s.cache_write_tokens, 0) AS _written,
    coalesce(s.cache_write_1h_tokens, 0) AS _written_1h,
    -- An embedding has no output: none said is none.
    if(s.kind = 'embedding', coalesce(s.output_tokens, 0), s.output_tokens) AS _said,
    s.input_tokens IS NULL OR _said IS NULL
        OR least(s.input_tokens, _said, _read, _written_1h, _written - _written_1h) < 0
        OR greatest(s.input_tokens, _said, _read, _written) > 1000000000 AS _unknown,
    _unknown OR x.price_id = '' OR s.start_time >= x.ends AS _priceless,
    -- Sound and pictures are parts of fresh input and of output.
    least(greatest(coalesce(s.input_audio_tokens, 0), 0), s.input_tokens) AS _heard,
    least(greatest(coalesce(s.input_image_tokens, 0), 0), s.input_tokens - _heard) AS _seen,
    s.input_tokens - _heard - _seen AS _read_in,
    least(greatest(coalesce(s.output_audio_tokens, 0), 0), _said) AS _spoken,
    least(greatest(coalesce(s.output_image_tokens, 0), 0), _said - _spoken) AS _drawn,
    _said - _spoken - _drawn AS _written_out,
    toHour(s.start_time) * 60 + toMinute(s.start_time) AS _minute,
    arrayLast(
        tier -> tier.service IN ('', lower(s.tier)) AND s.input_tokens + _read + _written > tier.above
            AND (_minute + 1440 - tier.begins) % 1440 < tier.minutes,
        x.tiers) AS _rate,
    if(_read = 0, 0, _read * _rate.cache_read)
        + if(_written = _written_1h, 0, (_written - _written_1h) * _rate.cache_write)
        + if(_written_1h = 0, 0, _written_1h * _rate.cache_write_1h) AS _cached,
    if(_heard = 0, 0, _heard * _rate.input_audio) + if(_seen = 0, 0, _seen * _rate.input_image)
        + if(_spoken = 0, 0, _spoken * _rate.output_audio) + if(_drawn = 0, 0, _drawn * _rate.output_image) AS _media,
    if(_priceless, NULL, accurateCastOrNull(round(
        if(_read_in = 0, 0, _read_in * _rate.input) + _cached + if(_written_out = 0, 0, _written_out * _rate.output)
            + _media + _rate.request, 12),
        'Decimal(18, 12)')) AS _amount,
    if(_priceless, NULL, accurateCastOrNull(round(
        if(_read + _written = 0, 0, (_read + _written) * _rate.input) - _cached, 12), 'Decimal(18, 12)')) AS _saved,
    -- What the entry says.
    p.reports > 1 AND _is_call AND p.primary != concat(s.trace_id, s.span_id) AS _is_duplicate,
    s.kind = 'tool' AND n.inside != toFixedString('', 24) AS _is_inside,
    multiIf(
        _is_inside OR _is_duplicate, 'duplicate',
        NOT _is_call, 'not_billable',
        _kept, e.cost_status,
        _unknown AND s.status = 'error', 'not_billable',
        _amount IS NOT NULL, 'priced',
        s.reported_cost IS NOT NULL, 'reported',
        _unknown, 'unknown_usage',
        'unpriced') AS _status,
    multiIf(_is_inside, n.inside, _is_duplicate, p.primary, toFixedString('', 24)) AS _duplicate_of,
    multiIf(_status = 'reported', s.reported_cost, _status != 'priced', NULL, _kept, e.cost, _amount) AS _cost,
    multiIf(_status != 'priced', '', _kept, e.price_id, x.price_id) AS _price_id,
    multiIf(_status != 'priced', 0, _kept, e.price_version, x.price_version) AS _price_version,
    multiIf(
        _status != 'priced', NULL,
        _kept AND (e.price_id, e.price_version) != (x.price_id, x.price_version), e.cache_savings,
        _saved) AS _savings,
    r.judges OR n.judged AS _judged,
    if(s.own_route != '', s.own_route, r.root_route) AS _route,
    if(s.session_id != '', s.session_id, r.root_session_id) AS _session_id,
    if(s.user_id != '', s.user_id, r.root_user_id) AS _user_id,
    if(s.customer != '', s.customer, r.root_customer) AS _customer,
    if(s.environment != '', s.environment, r.root_environment) AS _environment,
    if(s.release != '', s.release, r.root_release) AS _release,
    if(s.prompt != '', s.prompt, r.root_prompt) AS _prompt,
    mapUpdate(r.root_tags, s.tags) AS _tags,
    cityHash64((
        s.version, _status, _cost, _savings, _price_id, _price_version, _duplicate_of, r.failed, _judged, _route,
        _session_id, _user_id, _customer, _environment, _release, _prompt, _tags, _basis)) AS _digest
SELECT
    s.project_id, s.start_time, s.trace_id, s.span_id,
    greatest(s.version, e.version) + if(_repriced, 8, 1),
    NOT _is_entry,
    s.kind, s.name, s.duration_us, s.ttft_us, s.status, s.failure_kind, s.error_type, s.operation, s.provider, s.model,
    s.request_model, s.response_id, s.input_tokens, s.cache_read_tokens, s.cache_write_tokens, s.cache_write_1h_tokens,
    s.output_tokens, s.reasoning_tokens, s.input_audio_tokens, s.output_audio_tokens, s.input_image_tokens,
    s.output_image_tokens, _cost, s.reported_cost, _savings, _status, _price_id, _price_version, _duplicate_of,
    r.failed, _judged, _route, _session_id, _user_id, _customer, _environment, _release, s.service, s.instance, s.scope,
    _prompt, s.agent, s.tool, s.tier, s.region, s.variant, _tags, s.weight, _basis, _digest
FROM
(
    SELECT
        project_id, start_time, trace_id, span_id, version, kind, name, duration_us, ttft_us, status, failure_kind,
        error_type, operation, provider, model, request_model, response_id, input_tokens, cache_read_tokens,
        cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, input_audio_tokens,
        output_audio_tokens, input_image_tokens, output_image_tokens, reported_cost, own_route, session_id, user_id,
        customer, environment, release, service, instance, scope, prompt, agent, tool, tier, region, variant, tags, weight
    FROM spans FINAL
    WHERE start_time >= {since:DateTime64(6, 'UTC')}
      AND start_time <= {until:DateTime64(6, 'UTC')}
      AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM roots)
) AS s
INNER JOIN roots AS r ON r.project_id = s.project_id AND r.trace_id = s.trace_id
LEFT JOIN notes AS n ON n.project_id = s.project_id AND n.trace_id = s.trace_id AND n.span_id = s.span_id
LEFT JOIN reports AS p ON p.project_id = s.project_id AND p.response = if(n.report != '', n.report, s.response_id)
ASOF LEFT JOIN rates AS x
    ON x.project_id = s.project_id AND x.provider = s.provider AND x.model = s.model AND x.begins <= s.start_time
LEFT JOIN entries AS e
    ON e.project_id = s.project_id AND e.start_time = s.start_time AND e.trace_id = s.trace_id AND e.span_id = s.span_id
WHERE (r.touched OR _is_call AND p.touched)
  AND (_is_entry AND e.digest != _digest OR NOT _is_entry AND e.kind != '')
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_on_insert = 0

-- settle_traces (house-wide) --
-- Write the entry of each trace that reads differently now, and empty the places where it stood before.
INSERT INTO trace_entries
    (project_id, start_time, trace_id, version, is_deleted, first, last, ended, spans, name, kind, duration_us, status,
     failure_kind, loop_tool, loop_calls, route, session_id, user_id, customer, environment, release, service, prompt,
     variant, tags, weight, steps, calls, failures, tool_calls, unpriced_calls, unknown_usage_calls, cost, input_tokens,
     cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, charges, success,
     revenue, outcome_at, digest)
WITH
    own AS
    (
        SELECT project_id, trace_id
        FROM settling_traces
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    sums AS
    (
        SELECT
            project_id, trace_id,
            countIf(is_counted) AS calls,
            countIf(is_counted AND status = 'error') AS failures,
            countIf(kind = 'tool' AND cost_status != 'duplicate') AS tool_calls,
            countIf(cost_status = 'unpriced') AS unpriced_calls,
            countIf(cost_status = 'unknown_usage') AS unknown_usage_calls,
            accurateCastOrNull(sum(c.cost), 'Decimal(18, 12)') AS cost,
            sumIf(c.input_tokens, is_counted) AS input_tokens,
            sumIf(c.cache_read_tokens, is_counted) AS cache_read_tokens,
            sumIf(c.cache_write_tokens, is_counted) AS cache_write_tokens,
            sumIf(c.cache_write_1h_tokens, is_counted) AS cache_write_1h_tokens,
            sumIf(c.output_tokens, is_counted) AS output_tokens,
            sumIf(c.reasoning_tokens, is_counted) AS reasoning_tokens,
            groupUniqArrayIf(
                (kind, provider, model, operation, tier, region, agent, tool), cost_status != 'duplicate') AS steps
        FROM
        (
            SELECT
                project_id, trace_id, kind, status, cost_status, cost, input_tokens, cache_read_tokens,
                cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, provider, model, operation,
                tier, region, agent, tool,
                kind IN ('generation', 'embedding') AND cost_status != 'duplicate' AS is_counted
            FROM call_entries FINAL
            WHERE start_time >= {since:DateTime64(6, 'UTC')}
              AND start_time <= {until:DateTime64(6, 'UTC')}
              AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM own)
        ) AS c
        GROUP BY project_id, trace_id
    ),
    entries AS
    (
        SELECT project_id, trace_id, max(version) AS version, groupArray((start_time, digest)) AS places
        FROM trace_entries FINAL
        WHERE start_time >= {since:DateTime64(6, 'UTC')}
          AND start_time <= {until:DateTime64(6, 'UTC')}
          AND (project_id, trace_id) IN (SELECT project_id, trace_id FROM own)
        GROUP BY project_id, trace_id
    ),
    worth AS
    (
        SELECT project_id, trace_id, success, revenue, outcome_at, charges
        FROM settling_worth
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    loops AS
    (
        SELECT project_id, trace_id, loop_tool, loop_calls
        FROM settling_notes
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')} AND loop_calls > 0
    ),
    t.status = 'error' OR w.success = false AS _failed,
    multiIf(
        t.own_failure_kind != '', t.own_failure_kind,
        t.status = 'error' AND t.first_failure_kind != '', t.first_failure_kind,
        l.loop_calls > 0, 'loop',
        _failed AND t.status != 'error', 'task_failed',
        '') AS _failure_kind,
    arraySort(arrayDistinct(arrayConcat(t.agents, c.steps))) AS _steps,
    cityHash64((
        t.first, t.last, t.ended, t.spans, t.name, t.kind, t.duration_us, _failed, _failure_kind, l.loop_tool, l.loop_calls,
        t.route, t.session_id, t.user_id, t.customer, t.environment, t.release, t.service, t.prompt, t.variant, t.tags,
        t.weight, _steps, c.calls, c.failures, c.tool_calls, c.unpriced_calls, c.unknown_usage_calls, c.cost,
        c.input_tokens, c.cache_read_tokens, c.cache_write_tokens, c.cache_write_1h_tokens, c.output_tokens,
        c.reasoning_tokens, w.charges, w.success, w.revenue, w.outcome_at)) AS _digest,
    arrayFilter(
        place -> place != t.start_time,
        arrayDistinct(arrayConcat(e.places.1, if(t.entry_version > 0, [t.entry_start], [])))) AS _left,
    arrayConcat(if(has(e.places, (t.start_time, _digest)), [], [(t.start_time, false)]), arrayMap(at -> (at, true), _left))
        AS _rows
SELECT
    t.project_id, row.1, t.trace_id, greatest(e.version, t.entry_version) + 1, row.2,
    t.first, t.last, t.ended, t.spans, t.name, t.kind, t.duration_us, if(_failed, 'error', t.status), _failure_kind,
    l.loop_tool, l.loop_calls, t.route, t.session_id, t.user_id, t.customer, t.environment, t.release, t.service, t.prompt,
    t.variant, t.tags, t.weight, _steps, c.calls, c.failures, c.tool_calls, c.unpriced_calls, c.unknown_usage_calls, c.cost,
    c.input_tokens, c.cache_read_tokens, c.cache_write_tokens, c.cache_write_1h_tokens, c.output_tokens, c.reasoning_tokens,
    w.charges, w.success, w.revenue, w.outcome_at, _digest
FROM
(
    SELECT * FROM settling_traces WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
) AS t
LEFT JOIN sums AS c ON c.project_id = t.project_id AND c.trace_id = t.trace_id
LEFT JOIN worth AS w ON w.project_id = t.project_id AND w.trace_id = t.trace_id
LEFT JOIN loops AS l ON l.project_id = t.project_id AND l.trace_id = t.trace_id
LEFT JOIN entries AS e ON e.project_id = t.project_id AND e.trace_id = t.trace_id
ARRAY JOIN _rows AS row
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_on_insert = 0

-- keep_places (house-wide) --
-- Note where the entries of new and moved traces lie.
INSERT INTO trace_keys (project_id, trace_id, start_time, version)
SELECT project_id, trace_id, start_time, entry_version + 1
FROM settling_traces
WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')} AND (entry_version = 0 OR entry_start != start_time)
