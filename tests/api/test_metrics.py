from decimal import Decimal


def test_figures_come_in_groups_and_in_total(ask, trace):
    status, answer = ask("/metrics?measures=calls,cost,failure_rate,input_tokens&by=model,route")

    assert status == 200
    [row] = answer["rows"]
    assert (row["model"], row["route"], row["calls"], row["input_tokens"]) == ("gpt-4o", "support.refunds", 1, 1000)
    assert Decimal(row["cost"]) == Decimal("0.005")
    assert Decimal(answer["total"]["cost"]) == Decimal("0.005")
    assert answer["total"]["failure_rate"] == 0
    assert answer["estimated"] is False


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


def test_routes_and_models_have_their_figures(ask, trace):
    [route] = ask("/routes")[1]["items"]
    [model] = ask("/models")[1]["items"]

    assert (route["route"], route["calls"], route["failure_rate"]) == ("support.refunds", 1, 0)
    assert (model["model"], Decimal(model["cost"]), model["latency_p95"]) == ("gpt-4o", Decimal("0.005"), 1000)
