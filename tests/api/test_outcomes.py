"""How late outcomes come, as the API says it."""


def test_the_traces_of_the_window_are_told_day_by_day(ask, trace):
    status, answer = ask("/outcomes/maturity")

    assert status == 200
    assert (answer["traces"], answer["outcomes"], answer["route"]) == (1, 1, None)
    [day] = answer["days"]
    assert day["day"].endswith("T00:00:00Z")
    assert (day["traces"], day["outcomes"], day["coverage"]) == (1, 1, 1.0)
    assert [each["hours"] for each in answer["within"]] == [1, 24, 168]


def test_of_too_few_outcomes_nothing_is_foretold(ask, trace):
    answer = ask("/outcomes/maturity")[1]

    assert answer["reach_hours"] is None
    assert [each["share"] for each in answer["within"]] == [None, None, None]
    assert (answer["days"][0]["final"], answer["days"][0]["interval"]) == (None, None)


def test_a_route_is_looked_at_alone(ask, trace):
    assert ask("/outcomes/maturity?route=support.refunds")[1]["traces"] == 1
    assert ask("/outcomes/maturity?route=elsewhere")[1]["traces"] == 0


def test_a_window_without_traces_has_no_days(ask, trace):
    answer = ask("/outcomes/maturity?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z")[1]

    assert (answer["days"], answer["outcomes"]) == ([], 0)
    assert (answer["from"], answer["to"]) == ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")


def test_another_project_sees_nothing_of_it(ask, trace):
    assert ask("/outcomes/maturity", key="foreign")[1]["traces"] == 0


def test_a_bad_parameter_is_named(ask, trace):
    for query, named in {"from=soon": "from", "filter=route:=:x": "filter", "colour=red": "colour"}.items():
        status, answer = ask(f"/outcomes/maturity?{query}")

        assert status == 400
        assert named in answer["error"]["message"]
