import pytest
from django.utils import timezone

from ledger.prices.seeding import seed_catalogue

HOUSE = {
    "provider": "openai",
    "model": "house-model",
    "valid_from": "2026-01-01T00:00:00Z",
    "per_million": {"input": "1.25", "output": "5"},
}


@pytest.fixture
def catalogue(db, store):
    seed_catalogue(store, timezone.now())


def test_a_dated_name_finds_the_price_of_its_model(ask, catalogue):
    status, answer = ask("/prices?provider=openai&model=gpt-4o-2024-08-06&at=2026-10-01T00:00:00Z")

    assert status == 200
    assert answer["items"][0] == {
        "id": "openai/gpt-4o",
        "provider": "openai",
        "model": "gpt-4o",
        "valid_from": None,
        "valid_to": "2026-10-12T00:00:00Z",
        "per_million": {
            "input": "2.5",
            "cache_read": "1.25",
            "cache_write": None,
            "cache_write_1h": None,
            "output": "10",
            "input_audio": None,
            "output_audio": None,
            "input_image": None,
            "output_image": None,
        },
        "per_request": None,
        "tiers": [],
        "source": "catalogue",
        "version": 1,
    }


def test_the_price_at_a_time_comes_first(ask, catalogue):
    before = ask("/prices?provider=openai&model=o3&at=2025-05-01T00:00:00Z")[1]["items"]
    after = ask("/prices?provider=openai&model=o3&at=2026-05-01T00:00:00Z")[1]["items"]

    assert (before[0]["per_million"]["output"], after[0]["per_million"]["output"]) == ("40", "8")
    assert before[0]["valid_to"] == after[0]["valid_from"] == "2025-06-10T00:00:00Z"


def test_tiers_are_shown_with_the_context_they_begin_above(ask, catalogue):
    price = ask("/prices?provider=anthropic&model=claude-sonnet-4-5&at=2026-10-01T00:00:00Z")[1]["items"][0]

    assert [(tier["above"], tier["per_million"]["output"]) for tier in price["tiers"]] == [(200_000, "22.5")]


def test_what_is_shown_of_a_price_may_be_sent_back(ask, catalogue):
    price = ask("/prices?provider=anthropic&model=claude-sonnet-4-5&at=2026-10-01T00:00:00Z")[1]["items"][0]

    status, own = ask("/prices", key="admin", body=price)

    assert status == 201
    assert (own["source"], own["per_million"], own["tiers"]) == ("project", price["per_million"], price["tiers"])
    assert own["id"] != price["id"]


def test_a_provider_can_be_named_as_clients_name_it(ask, catalogue):
    items = ask("/prices?provider=gcp.vertex_ai&model=gemini-2.5-pro")[1]["items"]

    assert {item["provider"] for item in items} == {"google"}


def test_without_a_provider_who_makes_the_model_comes_first(ask, catalogue):
    items = ask("/prices?model=gpt-4o")[1]["items"]

    providers = [item["provider"] for item in items]
    assert providers[:2] == ["openai", "azure"]
    assert set(providers) == {"openai", "azure"}


def test_a_long_list_is_read_in_portions(ask, catalogue):
    first = ask("/prices?provider=anthropic&limit=2")[1]
    second = ask(f"/prices?provider=anthropic&limit=2&cursor={first['cursor']}")[1]

    assert len(first["items"]) == len(second["items"]) == 2
    assert first["items"][1]["model"] <= second["items"][0]["model"]
    assert first["items"] != second["items"]


def test_a_project_sets_a_price_of_its_own(ask, store):
    status, answer = ask("/prices", key="admin", body=HOUSE)

    assert status == 201
    assert (answer["source"], answer["version"], answer["per_million"]["input"]) == ("project", 1, "1.25")
    assert ask("/prices?provider=openai&model=house-model")[1]["items"] == [answer]
    assert ask("/prices?provider=openai&model=house-model", key="foreign")[1]["items"] == []


def test_setting_it_again_is_its_next_version(ask, store):
    ask("/prices", key="admin", body=HOUSE)

    assert ask("/prices", key="admin", body=HOUSE)[1]["version"] == 2
    assert len(ask("/prices?model=house-model")[1]["items"]) == 1


def test_a_projects_own_price_wins_over_the_catalogues(ask, catalogue):
    ask("/prices", key="admin", body=HOUSE | {"model": "gpt-4o"})

    items = ask("/prices?provider=openai&model=gpt-4o")[1]["items"]
    assert [item["source"] for item in items][:2] == ["project", "catalogue"]


def test_a_price_can_say_all_that_providers_say(ask, store):
    rates = dict.fromkeys(("input", "cache_read", "cache_write", "cache_write_1h", "output"), "1")
    rates |= dict.fromkeys(("input_audio", "output_audio", "input_image", "output_image"), "30")
    tiers = [
        {"above": 200_000, "service": None, "hours": None, "per_million": rates, "per_request": None},
        {"above": None, "service": "batch", "hours": None, "per_million": rates, "per_request": "0.001"},
        {
            "above": None,
            "service": None,
            "hours": {"from": "16:30", "to": "00:30"},
            "per_million": rates,
            "per_request": None,
        },
    ]
    given = [{name: value for name, value in tier.items() if value is not None} for tier in tiers]

    _, answer = ask("/prices", key="admin", body=HOUSE | {"per_million": rates, "per_request": "0.01", "tiers": given})

    assert (answer["per_million"], answer["per_request"], answer["tiers"]) == (rates, "0.01", tiers)
    assert ask("/prices?provider=openai&model=house-model")[1]["items"] == [answer]


def test_a_posted_end_ends_a_price_and_its_history_says_who(ask, store, keys):
    ask("/prices", key="admin", body=HOUSE)
    ask("/prices", key="admin", body=HOUSE | {"valid_to": "2026-06-01T00:00:00Z"})

    status, answer = ask("/prices/history?model=house-model")

    assert status == 200
    assert [(item["version"], item["valid_to"]) for item in answer["items"]] == [(2, "2026-06-01T00:00:00Z"), (1, None)]
    assert [item["superseded_at"] is None for item in answer["items"]] == [True, False]
    assert all(item["set_by"].endswith("(admin)") for item in answer["items"])
    assert ask("/prices/history", key="foreign")[1]["items"] == []


def test_a_price_can_be_taken_back(ask, store):
    made = ask("/prices", key="admin", body=HOUSE)[1]

    status, answer = ask("/prices/withdraw", key="admin", body={"id": made["id"]})

    assert (status, answer["withdrawn"], answer["version"]) == (200, True, 2)
    assert ask("/prices?provider=openai&model=house-model")[1]["items"] == []
    assert ask("/prices/withdraw", key="foreign", body={"id": made["id"]})[0] == 404


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"provider": ""}, "provider"),
        ({"model": None}, "model"),
        ({"per_million": {"input": "-1"}}, "per_million.input"),
        ({"per_million": {"input": "a lot"}}, "per_million.input"),
        ({"per_million": {"cache_read": "1"}}, "per_million"),
        ({"per_million": {"colour": "1"}}, "per_million.colour"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "2026-01-01T00:00:00"}, "valid_from"),
        ({"valid_to": "2025-01-01T00:00:00Z"}, "valid_to"),
        ({"tiers": [{"above": -1, "per_million": {}}]}, "tiers.0.above"),
        ({"tiers": [{"per_million": {}}]}, "tiers.0"),
        ({"tiers": [{"hours": {"from": "16:30", "to": "late"}, "per_million": {}}]}, "tiers.0.hours.to"),
        ({"tiers": [{"hours": {"from": "16:30", "to": "16:30"}, "per_million": {}}]}, "tiers.0.hours"),
        ({"per_request": "-1"}, "per_request"),
        ({"project_id": "0af76519-16cd-43dd-8448-eb211c80319c"}, "project_id"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused_by_the_name_of_its_part(ask, change, named):
    status, answer = ask("/prices", key="admin", body=HOUSE | change)

    assert status == 400
    assert named in answer["error"]["message"]


def test_a_body_that_is_no_json_is_refused(client, keys):
    answer = client.post(
        "/api/v1/prices", "{", content_type="application/json", headers={"Authorization": f"Bearer {keys['admin']}"}
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"


def test_a_body_that_is_too_large_is_refused_as_that(client, keys):
    headers = {"Authorization": f"Bearer {keys['admin']}"}

    answer = client.post("/api/v1/prices", "x" * 3_000_000, content_type="application/json", headers=headers)

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
