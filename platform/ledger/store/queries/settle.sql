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
-- The hours in which the batch's traces begin, the time that the traces of each reach over, and whether several
-- instrumentors report the calls of one of their projects.
SELECT
    slice, min(first) AS since, max(last) AS until, count() AS traces,
    max(project_id IN (SELECT project_id FROM call_scopes GROUP BY project_id HAVING uniqExact(scope) > 1)) AS scopes
FROM settling
WHERE batch = {batch:UInt64}
GROUP BY slice
ORDER BY slice

-- gather_twins (house-wide) --
-- The other traces that report the same answers of a provider as the touched ones, however late. An id that hundreds of
-- traces share says nothing. What counted with a touched trace before may do so no longer: it is touched too, and its own
-- twins are looked for in the next round.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
WITH
    own AS
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')} AND touched
    ),
    there AS
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}
    ),
    duplicates AS
    (
        SELECT project_id, trace_id, toFixedString(substring(duplicate_of, 1, 16), 16) AS counting
        FROM call_entries
        WHERE project_id IN (SELECT project_id FROM own)
          AND start_time >= {since:DateTime64(6, 'UTC')} - toIntervalMinute(15)
          AND start_time <= {until:DateTime64(6, 'UTC')} + toIntervalMinute(15)
          AND duplicate_of != toFixedString('', 24)
          AND kind IN ('generation', 'embedding')
    ),
    counted AS
    (
        SELECT project_id, trace_id
        FROM duplicates
        WHERE (project_id, counting) IN own AND (project_id, trace_id) NOT IN own
    )
SELECT
    {batch:UInt64}, {begin:DateTime('UTC')}, project_id, trace_id, min(start_time), max(start_time),
    (project_id, trace_id) IN counted
FROM span_keys
WHERE (project_id, trace_id) IN
(
    SELECT project_id, trace_id FROM counted
    UNION ALL
    SELECT project_id, trace_id
    FROM
    (
        SELECT project_id, trace_id
        FROM response_traces
        WHERE (project_id, response) IN
        (
            SELECT project_id, cityHash64(response_id)
            FROM spans
            WHERE start_time >= {since:DateTime64(6, 'UTC')}
              AND start_time <= {until:DateTime64(6, 'UTC')}
              AND (project_id, trace_id) IN own
              AND kind IN ('generation', 'embedding')
              AND response_id != ''
        )
        LIMIT 100 BY project_id, response
        UNION ALL
        SELECT project_id, counting FROM duplicates WHERE (project_id, trace_id) IN own
    )
    WHERE (project_id, trace_id) NOT IN there
)
GROUP BY project_id, trace_id

-- gather_alike (house-wide) --
-- The other traces that report calls like the touched ones, though no id says so: by equal tokens or the same failure in
-- the same process, where two instrumentors tell of it and begin or end within a second of each other. A failure that
-- hundreds of traces share says nothing.
INSERT INTO settling (batch, slice, project_id, trace_id, first, last, touched)
WITH
    own AS
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')} AND touched
    ),
    there AS
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}
    ),
    mine AS
    (
        SELECT
            project_id, trace_id, start_time, duration_us, scope, service, instance, response_id, status, failure_kind,
            input_tokens, cache_read_tokens, cache_write_tokens, output_tokens
        FROM spans FINAL
        WHERE start_time >= {since:DateTime64(6, 'UTC')}
          AND start_time <= {until:DateTime64(6, 'UTC')}
          AND (project_id, trace_id) IN own
          AND kind IN ('generation', 'embedding')
    ),
    entries AS
    (
        SELECT
            project_id, trace_id, start_time, duration_us, scope, service, instance, response_id, status, failure_kind,
            input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
            (project_id, trace_id) IN own AS is_own
        FROM call_entries
        WHERE project_id IN (SELECT project_id FROM own)
          AND start_time >= {since:DateTime64(6, 'UTC')} - toIntervalMinute(15)
          AND start_time <= {until:DateTime64(6, 'UTC')} + toIntervalMinute(15)
          AND kind IN ('generation', 'embedding')
    ),
    resembling AS
    (
        SELECT project_id, arrayJoin(traces) AS trace_id
        FROM
        (
            SELECT project_id, groupUniqArrayIf(500)(trace_id, NOT is_own) AS traces
            FROM
            (
                SELECT
                    project_id, trace_id, scope, is_own, status = 'error' AS failed, failed OR response_id = '' AS silent,
                    cityHash64((
                        service, instance, failed, if(failed, failure_kind, ''),
                        if(failed, NULL, input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)),
                        if(failed, NULL, output_tokens))) AS likeness,
                    toUnixTimestamp(start_time) AS began,
                    toUnixTimestamp(start_time + toIntervalMicrosecond(duration_us)) AS ended
                FROM
                (
                    SELECT *, true AS is_own FROM mine
                    UNION ALL
                    SELECT * FROM entries WHERE NOT is_own
                )
                WHERE failed OR (input_tokens IS NOT NULL AND output_tokens IS NOT NULL)
            )
            ARRAY JOIN arrayConcat(
                arrayMap(by -> (0, began + by), if(is_own, [-1, 0, 1], [0])),
                arrayMap(by -> (1, ended + by), if(is_own, [-1, 0, 1], [0]))) AS moment
            GROUP BY project_id, likeness, moment
            HAVING max(is_own) AND max(silent) AND min(scope) != max(scope)
        )
    )
SELECT {batch:UInt64}, {begin:DateTime('UTC')}, project_id, trace_id, min(start_time), max(start_time), false
FROM span_keys
WHERE (project_id, trace_id) IN (SELECT project_id, trace_id FROM resembling WHERE (project_id, trace_id) NOT IN there)
GROUP BY project_id, trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1

-- reach (house-wide) --
-- The time that the traces of some slices reach over, twins included, and how many of the traces are touched.
SELECT min(first) AS since, max(last) AS until, uniqExactIf((project_id, trace_id), touched) AS touched
FROM settling
WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}

-- gather_traces (house-wide) --
-- What the spans of each trace come to: the root's word, else the first that a span of it says.
INSERT INTO settling_traces
    (batch, slice, project_id, trace_id, touched, entry_start, entry_version,
     spans, calls, silent, folded, nested, answers, responses, evaluators, tools_again, least_scope, most_scope, models,
     hours, agents,
     start_time, first, last, ended, name, kind, duration_us, status, own_failure_kind, first_failure_kind,
     route, session_id, user_id, customer, environment, release, service, prompt, variant, tags, weight)
WITH
    own AS
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')}
    ),
    places AS
    (
        SELECT project_id AS place_project, trace_id AS place_trace, start_time AS entry_start, version AS entry_version
        FROM trace_keys FINAL
        WHERE (project_id, trace_id) IN own
    )
SELECT
    {batch:UInt64}, {begin:DateTime('UTC')}, project_id, trace_id,
    (project_id, trace_id) IN
    (
        SELECT project_id, trace_id
        FROM settling
        WHERE batch = {batch:UInt64} AND slice >= {begin:DateTime('UTC')} AND slice <= {end:DateTime('UTC')} AND touched
    ),
    entry_start, entry_version, sums.* EXCEPT (project_id, trace_id)
FROM
(
    SELECT
        s.project_id AS project_id,
        s.trace_id AS trace_id,
        count(),
        countIf(s.is_call),
        countIf(s.is_call AND (s.response_id = '' OR s.status = 'error')),
        countIf(has(s.flags, 'log_of_parent')),
        hasAny(groupArrayIf(s.parent, s.is_call), groupArrayIf(s.span, s.is_call)),
        countIf(s.is_call AND s.response_id != ''),
        groupUniqArrayIf(cityHash64(s.response_id), s.is_call AND s.response_id != ''),
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
          AND (project_id, trace_id) IN own
    ) AS s
    GROUP BY project_id, trace_id
) AS sums
ANY LEFT JOIN places ON place_project = project_id AND place_trace = trace_id
SETTINGS do_not_merge_across_partitions_select_final = 1, max_threads = 1

-- noticed (house-wide) --
-- What settling a project's traces has to look up, and where it must look closer.
SELECT
    project_id,
    groupUniqArrayArray(models) AS models,
    minIf(least_scope, calls > 0) != maxIf(most_scope, calls > 0) AS scopes,
    max(folded > 0 OR tools_again > 0 OR evaluators > 0 OR silent > 0 AND (nested OR least_scope != most_scope)) AS knots,
    sum(answers) > uniqExactArray(responses) AS repeated,
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
SELECT * EXCEPT (silent, broken) REPLACE (if(broken, '', response_id) AS response_id)
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
    WINDOW alike AS
    (
        PARTITION BY
            project_id, service, instance, failed,
            if(failed, failure_kind, ''), if(failed, NULL, context), if(failed, NULL, output)
    )
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

-- gather_verdicts (house-wide) --
-- Which reports repeat others, or are repeated, and which calls a judge made. Of the reports of one call the one counts
-- that knows most, then the one in the application's own trace.
INSERT INTO settling_verdicts (batch, slice, project_id, trace_id, span_id, duplicate_of, judged, touched)
WITH
    roots AS
    (
        SELECT project_id AS root_project, trace_id AS root_trace, touched, spans, calls = spans AS bare
        FROM settling_traces
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    notes AS
    (
        SELECT project_id AS note_project, trace_id AS note_trace, span_id AS note_span, report
        FROM settling_notes
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')} AND report != ''
    ),
    answers AS
    (
        SELECT
            project_id,
            multiIf(report != '', report, broken, concat('~', trace_id, span_id), response_id) AS response,
            groupArray((trace_id, span_id)) AS reports,
            max(touched OR broken) AS any_touched,
            argMin(
                concat(trace_id, span_id),
                (
                    input_tokens IS NULL OR output_tokens IS NULL AND kind != 'embedding',
                    provider = '' OR model = '',
                    (input_tokens IS NULL) + (output_tokens IS NULL) + (cache_read_tokens IS NULL)
                        + (cache_write_tokens IS NULL),
                    reasoning_tokens IS NULL,
                    bare,
                    -toInt64(spans),
                    start_time, trace_id, span_id
                )
            ) AS primary
        FROM
        (
            SELECT
                project_id, start_time, trace_id, span_id, response_id, kind, provider, model, scope,
                input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
                (input_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0), output_tokens, model)
                    AS answer,
                input_tokens IS NOT NULL AND output_tokens IS NOT NULL AND NOT has(flags, 'log_of_parent') AS told,
                -- An id by which one instrumentor knows two answers names none: some servers give all of theirs the same.
                uniqExactIf((scope, answer), told) OVER id != uniqExactIf(scope, told) OVER id AS broken
            FROM spans FINAL
            WHERE (project_id, trace_id) IN (SELECT root_project, root_trace FROM roots)
              AND start_time >= {since:DateTime64(6, 'UTC')}
              AND start_time <= {until:DateTime64(6, 'UTC')}
              AND kind IN ('generation', 'embedding')
            WINDOW id AS (PARTITION BY project_id, response_id)
        ) AS sent
        ANY LEFT JOIN roots ON root_project = project_id AND root_trace = trace_id
        ANY LEFT JOIN notes ON note_project = project_id AND note_trace = trace_id AND note_span = span_id
        WHERE response != ''
        GROUP BY project_id, response
        HAVING length(reports) > 1 OR max(broken)
    )
SELECT
    {batch:UInt64}, {begin:DateTime('UTC')}, project_id, each.1, each.2,
    if(primary = concat(each.1, each.2), toFixedString('', 24), primary), false, any_touched
FROM answers
ARRAY JOIN reports AS each
UNION ALL
SELECT batch, slice, project_id, trace_id, span_id, inside, judged, false
FROM settling_notes
WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')} AND (judged OR inside != toFixedString('', 24))
SETTINGS do_not_merge_across_partitions_select_final = 1

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
            project_id AS root_project, trace_id AS root_trace, touched, kind = 'evaluator' AS judges,
            status = 'error' OR (project_id, trace_id) IN
            (
                SELECT project_id, trace_id
                FROM settling_worth
                WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')} AND success = false
            ) AS failed,
            route AS root_route, session_id AS root_session_id, user_id AS root_user_id, customer AS root_customer,
            environment AS root_environment, release AS root_release, prompt AS root_prompt,
            variant AS root_variant, tags AS root_tags
        FROM settling_traces
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    own AS
    (
        SELECT project_id, trace_id
        FROM settling_traces
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    verdicts AS
    (
        SELECT
            project_id AS verdict_project, trace_id AS verdict_trace, span_id AS verdict_span,
            max(duplicate_of) AS primary, max(settling_verdicts.judged) AS in_evaluator,
            max(settling_verdicts.touched) AS report_touched
        FROM settling_verdicts
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
        GROUP BY verdict_project, verdict_trace, verdict_span
    ),
    rates AS
    (
        SELECT
            project_id AS rate_project, provider AS rate_provider, model AS rate_model, begins, ends, price_id,
            price_version, cityHash64(project_id, provider, model, begins) AS tariff, tiers.service AS services,
            tiers.begins AS hours, tiers.minutes AS lengths, tiers.above AS contexts
        FROM settling_tariffs
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    -- The rates of each tier apart: carried along as arrays they would be copied for every call.
    sheets AS
    (
        SELECT
            cityHash64(project_id, provider, model, begins) AS sheet_tariff, number AS sheet_tier,
            sheet.input AS input_rate, sheet.cache_read AS cache_read_rate, sheet.cache_write AS cache_write_rate,
            sheet.cache_write_1h AS cache_write_1h_rate, sheet.output AS output_rate,
            sheet.input_audio AS input_audio_rate, sheet.output_audio AS output_audio_rate,
            sheet.input_image AS input_image_rate, sheet.output_image AS output_image_rate,
            sheet.request AS request_fee
        FROM settling_tariffs
        ARRAY JOIN tiers AS sheet, arrayEnumerate(tiers) AS number
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    entries AS
    (
        SELECT
            project_id AS entry_project, start_time AS entry_start, trace_id AS entry_trace, span_id AS entry_span,
            version AS entry_version, kind AS entry_kind, cost AS entry_cost,
            cache_savings AS entry_savings, cost_status AS entry_status, price_id AS entry_price_id,
            price_version AS entry_price_version, basis AS entry_basis, digest AS entry_digest
        FROM call_entries FINAL
        WHERE start_time >= {since:DateTime64(6, 'UTC')}
          AND start_time <= {until:DateTime64(6, 'UTC')}
          AND (project_id, trace_id) IN own
    )
-- What an entry says, from the outside in. Each step gives its findings names, because a name is worked out once, and
-- once again wherever it is used in its own step.
SELECT
    project_id, start_time, trace_id, span_id,
    greatest(version, entry_version) + if(repriced, 8, 1), NOT is_entry,
    kind, name, duration_us, ttft_us, status, failure_kind, error_type, operation, provider, model, request_model,
    response_id, input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, output_image_tokens,
    settled_cost, reported_cost, savings, settled_status, settled_price_id, settled_price_version, primary,
    failed, judged, settled_route, settled_session_id, settled_user_id, settled_customer, settled_environment,
    settled_release, service, instance, scope, settled_prompt, agent, tool, tier, region, settled_variant,
    settled_tags, weight,
    basis, settled_digest
FROM
(
    SELECT
        *,
        multiIf(
            settled_status = 'reported', reported_cost,
            settled_status != 'priced', NULL,
            kept, entry_cost,
            amount) AS settled_cost,
        multiIf(settled_status != 'priced', '', kept, entry_price_id, price_id) AS settled_price_id,
        multiIf(settled_status != 'priced', 0, kept, entry_price_version, price_version) AS settled_price_version,
        multiIf(
            settled_status != 'priced', NULL,
            kept AND (entry_price_id, entry_price_version) != (price_id, price_version), entry_savings,
            saved) AS savings,
        if(own_route != '', own_route, root_route) AS settled_route,
        if(session_id != '', session_id, root_session_id) AS settled_session_id,
        if(user_id != '', user_id, root_user_id) AS settled_user_id,
        if(customer != '', customer, root_customer) AS settled_customer,
        if(environment != '', environment, root_environment) AS settled_environment,
        if(release != '', release, root_release) AS settled_release,
        if(prompt != '', prompt, root_prompt) AS settled_prompt,
        if(variant != '', variant, root_variant) AS settled_variant,
        multiIf(empty(tags), root_tags, empty(root_tags), tags, mapUpdate(root_tags, tags)) AS settled_tags,
        cityHash64((
            version, settled_status, settled_cost, savings, settled_price_id, settled_price_version, primary,
            failed, judged, settled_route, settled_session_id, settled_user_id, settled_customer, settled_environment,
            settled_release, settled_prompt, settled_variant, settled_tags, basis)) AS settled_digest
    FROM
    (
        SELECT
            *,
            NOT repriced AND entry_basis IN (0, basis)
                AND (entry_status = 'priced' OR entry_status = 'reported' AND reported_cost IS NOT NULL) AS kept,
            multiIf(
                primary != toFixedString('', 24), 'duplicate',
                NOT is_call, 'not_billable',
                kept, entry_status,
                unknown AND status = 'error', 'not_billable',
                amount IS NOT NULL, 'priced',
                reported_cost IS NOT NULL, 'reported',
                unknown, 'unknown_usage',
                'unpriced') AS settled_status
        FROM
        (
            -- All of pricing stands in this step and the next one.
            SELECT
                *,
                if(read = 0, 0, read * cache_read_rate)
                    + if(written = written_1h, 0, (written - written_1h) * cache_write_rate)
                    + if(written_1h = 0, 0, written_1h * cache_write_1h_rate) AS cached,
                if(priceless, NULL, accurateCastOrNull(round(
                    if(input_tokens = heard + seen, 0, (input_tokens - heard - seen) * input_rate)
                        + cached
                        + if(said = spoken + drawn, 0, (said - spoken - drawn) * output_rate)
                        + if(heard = 0, 0, heard * input_audio_rate) + if(seen = 0, 0, seen * input_image_rate)
                        + if(spoken = 0, 0, spoken * output_audio_rate) + if(drawn = 0, 0, drawn * output_image_rate)
                        + request_fee, 12),
                    'Decimal(18, 12)')) AS amount,
                if(priceless, NULL, accurateCastOrNull(round(
                    if(read + written = 0, 0, (read + written) * input_rate) - cached, 12), 'Decimal(18, 12)')) AS saved
            FROM
            (
                SELECT
                    *,
                    kind IN ('generation', 'embedding') AS is_call,
                    is_call OR kind = 'tool' AS is_entry,
                    judges OR in_evaluator AS judged,
                    project_id = {project:UUID} AND start_time >= {from:DateTime64(6, 'UTC')}
                        AND start_time < {to:DateTime64(6, 'UTC')} AND {provider:String} IN ('', provider)
                        AND {model:String} IN ('', model) AS repriced,
                    coalesce(cache_read_tokens, 0) AS read,
                    coalesce(cache_write_tokens, 0) AS written,
                    coalesce(cache_write_1h_tokens, 0) AS written_1h,
                    -- An embedding has no output: none said is none.
                    if(kind = 'embedding', coalesce(output_tokens, 0), output_tokens) AS said,
                    input_tokens IS NULL OR said IS NULL
                        OR least(input_tokens, said, read, written_1h, written - written_1h) < 0
                        OR greatest(input_tokens, said, read, written) > 1000000000 AS unknown,
                    unknown OR price_id = '' OR start_time >= ends AS priceless,
                    -- Sound and pictures are parts of fresh input and of output.
                    least(greatest(coalesce(input_audio_tokens, 0), 0), input_tokens) AS heard,
                    least(greatest(coalesce(input_image_tokens, 0), 0), input_tokens - heard) AS seen,
                    least(greatest(coalesce(output_audio_tokens, 0), 0), said) AS spoken,
                    least(greatest(coalesce(output_image_tokens, 0), 0), said - spoken) AS drawn,
                    toHour(start_time) * 60 + toMinute(start_time) AS minute,
                    arrayLastIndex(
                        (asked, since, minutes, above) -> asked IN ('', lower(tier)) AND input_tokens + read + written > above
                            AND (minute + 1440 - since) % 1440 < minutes,
                        services, hours, lengths, contexts) AS tier_number
                FROM
                (
                    SELECT
                        project_id, start_time, trace_id, span_id, version, kind, name, duration_us, ttft_us, status,
                        failure_kind, error_type, operation, provider, model, request_model, response_id, input_tokens,
                        cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
                        input_audio_tokens, output_audio_tokens, input_image_tokens, output_image_tokens, reported_cost,
                        own_route, session_id, user_id, customer, environment, release, service, instance, scope, prompt,
                        agent, tool, tier, region, variant, tags, weight,
                        -- What a price follows from: an entry with the same basis keeps its own.
                        cityHash64((
                            provider, model, tier, input_tokens, cache_read_tokens, cache_write_tokens,
                            cache_write_1h_tokens, output_tokens, input_audio_tokens, output_audio_tokens,
                            input_image_tokens, output_image_tokens)) AS basis
                    FROM spans FINAL
                    WHERE start_time >= {since:DateTime64(6, 'UTC')}
                      AND start_time <= {until:DateTime64(6, 'UTC')}
                      AND (project_id, trace_id) IN own
                ) AS sent
                ANY LEFT JOIN roots ON root_project = project_id AND root_trace = trace_id
                ANY LEFT JOIN verdicts
                    ON verdict_project = project_id AND verdict_trace = trace_id AND verdict_span = span_id
                ANY LEFT JOIN entries
                    ON entry_project = project_id AND entry_start = start_time AND entry_trace = trace_id
                    AND entry_span = span_id
                ASOF LEFT JOIN rates
                    ON rate_project = project_id AND rate_provider = provider AND rate_model = model
                    AND begins <= start_time
                WHERE touched OR report_touched
            ) AS weighed
            ANY LEFT JOIN sheets ON sheet_tariff = tariff AND sheet_tier = tier_number
        )
    )
)
WHERE is_entry AND entry_digest != settled_digest OR NOT is_entry AND entry_kind != ''
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_on_insert = 0, max_threads = 1

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
            project_id AS sums_project, trace_id AS sums_trace,
            countIf(is_counted) AS counted_calls,
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
                (kind, provider, model, operation, tier, region, agent, tool), cost_status != 'duplicate') AS called
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
              AND (project_id, trace_id) IN own
        ) AS c
        GROUP BY sums_project, sums_trace
    ),
    entries AS
    (
        SELECT
            project_id AS entry_project, trace_id AS entry_trace, max(trace_entries.version) AS version,
            groupArray((start_time, digest)) AS places
        FROM trace_entries FINAL
        WHERE start_time >= {since:DateTime64(6, 'UTC')}
          AND start_time <= {until:DateTime64(6, 'UTC')}
          AND (project_id, trace_id) IN own
        GROUP BY entry_project, entry_trace
    ),
    worth AS
    (
        SELECT
            project_id AS worth_project, trace_id AS worth_trace, success, revenue, outcome_at, charges
        FROM settling_worth
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
    ),
    loops AS
    (
        SELECT project_id AS loop_project, trace_id AS loop_trace, loop_tool, loop_calls
        FROM settling_notes
        WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')} AND loop_calls > 0
    )
SELECT
    project_id, place.1, trace_id, greatest(version, entry_version) + 1, place.2, first, last, ended, spans, name, kind,
    duration_us, if(failed, 'error', status), failure_kind, loop_tool, loop_calls, route, session_id, user_id, customer,
    environment, release, service, prompt, variant, tags, weight, steps, counted_calls, failures, tool_calls,
    unpriced_calls, unknown_usage_calls, cost, input_tokens, cache_read_tokens, cache_write_tokens,
    cache_write_1h_tokens, output_tokens, reasoning_tokens, charges, success, revenue, outcome_at, digest
FROM
(
    SELECT
        *,
        cityHash64((
            first, last, ended, spans, name, kind, duration_us, failed, failure_kind, loop_tool, loop_calls, route,
            session_id, user_id, customer, environment, release, service, prompt, variant, tags, weight, steps,
            counted_calls, failures, tool_calls, unpriced_calls, unknown_usage_calls, cost, input_tokens,
            cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, charges,
            success, revenue, outcome_at)) AS digest,
        arrayDistinct(arrayConcat(places.1, if(entry_version > 0, [entry_start], []))) AS stood
    FROM
    (
        SELECT
            *,
            status = 'error' OR success = false AS failed,
            multiIf(
                own_failure_kind != '', own_failure_kind,
                status = 'error' AND first_failure_kind != '', first_failure_kind,
                loop_calls > 0, 'loop',
                failed AND status != 'error', 'task_failed',
                '') AS failure_kind,
            arraySort(arrayConcat(agents, called)) AS steps
        FROM
        (
            SELECT
                project_id, trace_id, entry_start, entry_version, agents, start_time, first, last, ended, spans, name, kind,
                duration_us, status, own_failure_kind, first_failure_kind, route, session_id, user_id, customer,
                environment, release, service, prompt, variant, tags, weight
            FROM settling_traces
            WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')}
        ) AS known
        ANY LEFT JOIN sums ON sums_project = project_id AND sums_trace = trace_id
        ANY LEFT JOIN worth ON worth_project = project_id AND worth_trace = trace_id
        ANY LEFT JOIN loops ON loop_project = project_id AND loop_trace = trace_id
        ANY LEFT JOIN entries ON entry_project = project_id AND entry_trace = trace_id
    )
)
-- Where it stands now, if that is not what stands there, and as gone where it stood else.
ARRAY JOIN arrayConcat(
    if(has(places, (start_time, digest)), [], [(start_time, false)]),
    arrayMap(at -> (at, true), arrayFilter(at -> at != start_time, stood))) AS place
SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_on_insert = 0, max_threads = 1

-- keep_places (house-wide) --
-- Note where the entries of new and moved traces lie.
INSERT INTO trace_keys (project_id, trace_id, start_time, version)
SELECT project_id, trace_id, start_time, entry_version + 1
FROM settling_traces
WHERE batch = {batch:UInt64} AND slice = {begin:DateTime('UTC')} AND (entry_version = 0 OR entry_start != start_time)
