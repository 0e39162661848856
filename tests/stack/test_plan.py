"""The stack as data: what runs for which settings, and what each service is told."""

from pathlib import Path

import pytest

from ledger import environment
from ledger.stack import plan, postgres
from ledger.stack.plan import Plan


def planned(home: Path, *, demo: bool = False, **settings: str) -> Plan:
    return plan.make(environment.read({"SPANLEDGER_HOME": str(home), **settings}), demo=demo)


def names(stack: Plan) -> list[str]:
    return [service.name for service in stack.services() if service.name != "frontend"]


def test_a_first_start_prepares_the_servers_before_the_rooms(tmp_path: Path) -> None:
    expected = ["postgres", "gateway", "migrate", "store", "project"]
    expected += ["ingest", "writer", "settler", "web", "worker", "beat"]

    assert names(planned(tmp_path)) == expected


def test_the_demonstration_adds_a_model_a_history_and_somebody_who_asks(tmp_path: Path) -> None:
    stack = planned(tmp_path, demo=True)

    assert names(stack)[-3:] == ["stub", "history", "trickle"]
    assert stack.variables()["SPANLEDGER_STUB_URL"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("variable", "url", "left_out"),
    [
        ("DATABASE_URL", "postgresql://u@db/spans", "postgres"),
        ("CLICKHOUSE_URL", "https://u:p@ch:8443/spans", "gateway"),
    ],
)
def test_a_server_of_ones_own_takes_the_place_of_the_embedded_one(
    tmp_path: Path, variable: str, url: str, left_out: str
) -> None:
    stack = planned(tmp_path, **{variable: url})

    assert left_out not in names(stack)
    assert stack.variables()[variable] == url
    assert "migrate" in names(stack)


def test_a_broker_of_ones_own_is_handed_on(tmp_path: Path) -> None:
    assert planned(tmp_path, BROKER_URL="redis://queue/0").variables()["BROKER_URL"] == "redis://queue/0"


def test_a_clickhouse_without_a_reader_is_read_by_its_writer(tmp_path: Path) -> None:
    url = "https://u:p@ch:8443/spans"

    assert planned(tmp_path, CLICKHOUSE_URL=url).variables()["CLICKHOUSE_READER_URL"] == url


def test_the_secret_key_of_the_environment_wins_over_the_homes_own(tmp_path: Path) -> None:
    own = planned(tmp_path).variables()["SPANLEDGER_SECRET_KEY"]

    assert planned(tmp_path).variables()["SPANLEDGER_SECRET_KEY"] == own
    assert planned(tmp_path, SPANLEDGER_SECRET_KEY="mine").variables()["SPANLEDGER_SECRET_KEY"] == "mine"


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("fe80::1", "http://[fe80::1]:8000"),
    ],
)
def test_addresses_to_open_can_be_opened_from_here(tmp_path: Path, bind: str, url: str) -> None:
    assert planned(tmp_path, SPANLEDGER_BIND=bind).web_url == url


def test_services_may_keep_bytecode_and_see_no_other_environment() -> None:
    ours = {"PATH": "/bin", "PYTHONDONTWRITEBYTECODE": "1", "VIRTUAL_ENV": "/other", "PYTHONPATH": "/other"}

    assert plan.inherited(ours) == {"PATH": "/bin", "PYTHONUNBUFFERED": "1"}


def test_steps_are_left_out_once_they_are_done_and_return_when_a_server_was_emptied(tmp_path: Path) -> None:
    stack = planned(tmp_path)
    (tmp_path / "credentials.json").write_text("{}")
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")
    plan.migrated.write(tmp_path, stack.variables())
    assert "migrate" not in names(stack)

    (tmp_path / "postgres" / "PG_VERSION").rename(tmp_path / "old")
    (tmp_path / "postgres" / "PG_VERSION").write_text("18")

    assert "migrate" in names(stack)


def test_the_address_of_the_embedded_postgres_survives_odd_paths() -> None:
    assert postgres.url(Path("/srv/a home")).startswith("postgresql://spanledger@/spanledger?host=/")
