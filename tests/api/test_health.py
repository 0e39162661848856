from dataclasses import replace

import pytest

AWAY = "http://127.0.0.1:9"


@pytest.mark.usefixtures("store", "spool", "db")
def test_ready_means_that_all_four_services_answer(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "missing": {}}


@pytest.mark.usefixtures("store", "spool", "db")
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("PostgreSQL", {"database_url": "postgresql://nobody@127.0.0.1:9/none"}),
        ("ClickHouse", {"clickhouse_url": f"{AWAY}/none"}),
        ("broker", {"broker_url": "redis://127.0.0.1:9/0"}),
        ("ingest", {"ingest_url": AWAY}),
        ("ingest", {"ingest_url": ""}),
    ],
)
def test_what_is_away_is_named(client, settings, name, change):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, **change)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert list(answer.json()["missing"]) == [name]


def test_this_process_lives_whatever_else_is_away(client):
    assert client.get("/healthz").json() == {"status": "ok"}
