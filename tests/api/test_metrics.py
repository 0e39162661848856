from decimal import Decimal

from ledger.store import metrics


def test_figures_come_in_groups_and_in_total(ask, trace):
    status, answer = ask("/metrics?measures=calls,cost,failure_rate,input_tokens&by=model,route")

    assert status == 200
    [row] = answer["rows"]
    assert (row["model"], row["route"], row["calls"], row["input_tokens"]) == ("gpt-4o", "support.refunds", 1, 1000)
    assert Decimal(row["cost"]) == Decimal("0.005")
    assert Decimal(answer["total"]["cost"]) == Decimal("0.005")
    assert answer["total"]["failure_rate"] == 0
    assert answer["estimated"] is False


def test_an_answer_says_where_it_comes_from(ask, trace):
    answer = ask("/metrics?measures=calls")[1]

    assert answer["source"] == "raw"
    assert answer["rows_read"] >= 1


def test_what_a_task_was_worth_comes_with_what_it_cost(ask, trace):
    names = "charges,revenue,cost_per_success,margin,success_rate,outcome_coverage"
    total = ask(f"/metrics?measures={names}")[1]["total"]

    # 0.005 for the call and 0.01 charged, of 4.50
    assert {name: Decimal(total[name]) for name in names.split(",")[:4]} == {
        "charges": Decimal("0.01"),
        "revenue": Decimal("4.5"),
        "cost_per_success": Decimal("0.015"),
        "margin": Decimal("4.485"),
    }
    assert (total["success_rate"], total["outcome_coverage"]) == (1, 1)


def test_what_would_read_too_much_is_refused_with_an_estimate(ask, trace, monkeypatch):
    monkeypatch.setattr(metrics, "MOST_RAW", 0)

    status, answer = ask("/metrics?measures=calls&by=user")
    assert (status, answer["error"]["code"]) == (400, "too_much")
    assert "would have to be read one by one; 0 may be at most" in answer["error"]["message"]
    assert "shorter window" in answer["error"]["hint"]


def test_money_is_text_and_unknown_money_is_null(ask, trace):
    known = ask("/metrics?measures=cost")[1]["total"]["cost"]
    unknown = ask("/metrics?measures=cost", key="foreign")[1]["total"]["cost"]

    assert isinstance(known, str)
    assert unknown is None


def test_rows_have_a_time_where_an_interval_was_asked_for(ask, trace):
    [row] = ask("/metrics?measures=calls&interval=hour")[1]["rows"]

    assert row["time"].endswith(":00:00Z")


def test_the_window_is_told_and_defaults_to_thirty_days(ask, trace):
    answer = ask("/metrics?measures=calls&to=2026-10-31T00:00:00Z")[1]

    assert (answer["from"], answer["to"]) == ("2026-10-01T00:00:00Z", "2026-10-31T00:00:00Z")


def test_filters_may_be_repeated_and_must_all_hold(ask, trace):
    both = ask("/metrics?measures=calls&filter=model:=:gpt-4o&filter=tag.plan:=:pro")[1]
    neither = ask("/metrics?measures=calls&filter=model:=:gpt-4o&filter=tag.plan:=:free")[1]

    assert both["total"]["calls"] == 1
    assert neither["total"]["calls"] == 0


def test_a_filter_can_carry_no_sql(ask, trace):
    answer = ask("/metrics?measures=calls&filter=model:=:x' OR 1=1 --")[1]

    assert answer["total"]["calls"] == 0


def test_a_bad_parameter_is_named_in_the_message(ask, trace):
    for query, named in {
        "": "measures",
        "measures=": "measures",
        "measures=colour": "measures",
        "measures=calls&by=colour": "by",
        "measures=calls&interval=year": "interval",
        "measures=calls&filter=model": "filter",
        "measures=calls&from=2026-02-30": "from",
        "measures=calls&to=soon": "to",
        "measures=calls&limit=-1": "limit",
        "measures=calls&group_by=model": "group_by",
    }.items():
        status, answer = ask(f"/metrics?{query}")
        assert status == 400, query
        assert named in answer["error"]["message"], query


def test_routes_models_users_and_sessions_have_their_figures(ask, trace):
    [route] = ask("/routes")[1]["items"]
    [user] = ask("/users")[1]["items"]
    [session] = ask("/sessions")[1]["items"]
    [model] = ask("/models")[1]["items"]

    assert (route["route"], route["calls"], route["failure_rate"]) == ("support.refunds", 1, 0)
    assert (model["model"], Decimal(model["cost"]), model["latency_p95"]) == ("gpt-4o", Decimal("0.005"), 1000)
    assert (user["user"], user["calls"], session["session"], session["calls"]) == (None, 1, None, 1)


def test_routes_are_read_in_portions_to_the_last_one(ask, busy_routes):
    found, cursor = [], "0"
    while cursor:
        answer = ask(f"/routes?filter=route:~:busy.&limit=2&cursor={cursor}")[1]
        found += [item["route"] for item in answer["items"]]
        cursor = answer["cursor"]

    assert found == busy_routes


def test_routes_past_what_one_question_may_hold_are_refused_not_left_out(ask, trace):
    status, answer = ask("/routes?cursor=10000")

    assert status == 400
    assert "cursor" in answer["error"]["message"]
    assert "shorter window" in answer["error"]["message"]
