import pytest

DAYS = "from=2020-01-01T00:00:00Z&to=2030-01-01T00:00:00Z"


@pytest.fixture
def house_models(ask, store):
    for model, rate in (("house-a", "2"), ("house-b", "1")):
        body = {"provider": "house", "model": model, "per_million": {"input": rate, "output": rate}}
        assert ask("/prices", key="admin", body=body)[0] == 201


def test_a_routes_calls_are_priced_on_other_models(ask, trace, house_models):
    status, answer = ask(f"/whatif?route=support.refunds&models=house-a,house/house-b,gpt-99&{DAYS}&ratio.house-a=1.5")

    # 1,250 tokens: × 1.5 × $2 and × $1, by the million
    assert status == 200
    found = [(each["name"], each["cost"], each["cost_per_call"], each["ratio"]) for each in answer["items"]]
    assert found == [("house-a", "0.00375", "0.00375", "1.5"), ("house/house-b", "0.00125", "0.00125", "1")]
    assert [each["name"] for each in answer["unknown"]] == ["gpt-99"]
    assert (answer["real"][0]["model"], answer["real"][0]["calls"], answer["real"][0]["cost"]) == ("gpt-4o", 1, "0.005")
    assert any("ratio" in each for each in answer["assumed"])


def test_without_models_those_that_it_called_are_tried(ask, trace):
    answer = ask(f"/whatif?route=support.refunds&{DAYS}")[1]

    assert {each["name"] for each in [*answer["items"], *answer["unknown"]]} == {"openai/gpt-4o"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "route"),
        ("route=", "route"),
        ("route=r&models=a&ratio.b=1", "ratio.b"),
        ("route=r&models=a&ratio.a=much", "ratio.a"),
        ("route=r&models=a&ratio.a=0", "ratio.a"),
        ("route=r&models=a&ratio.a=NaN", "ratio.a"),
        ("route=r&at=soon", "at"),
        ("route=r&colour=red", "colour"),
        ("route=r&models=" + ",".join(map(str, range(51))), "models"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(ask, store, query, named):
    status, answer = ask(f"/whatif?{query}")

    assert status == 400
    assert named in answer["error"]["message"]


def test_another_projects_calls_are_not_seen(ask, trace):
    answer = ask(f"/whatif?route=support.refunds&{DAYS}", key="foreign")[1]

    assert (answer["real"], answer["items"]) == ([], [])
