"""`./run manage reread`."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from ledger import stores
from tests.audit.test_rereading import call, misread, root
from tests.settle.house import House


@pytest.fixture(autouse=True)
def _own_connection() -> None:
    stores.writer.cache_clear()


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("reread", *arguments, stdout=out)
    return out.getvalue()


def test_it_shows_how_far_it_is_day_by_day(house: House) -> None:
    house.arrive(misread(root()), misread(call(), model="wrong"))

    said = told("--from", "2026-11-01", "--to", "2026-11-02T00:00Z", "--project", str(house.project))

    assert said.splitlines() == [
        f"2026-11-01  {house.project}  2 of 2 spans read, 1 corrected",
        "2 spans read, 1 corrected. The settler takes it from here.",
    ]


def test_it_says_when_there_is_nothing_to_do(house: House) -> None:
    said = told("--from", "2026-11-01", "--to", "2026-11-02", "--project", str(uuid4()))

    assert said.startswith("Nothing to do")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--from", "yesterday", "--to", "2026-11-02"), "--from yesterday: expected a day or a time"),
        (("--from", "2026-11-02", "--to", "2026-11-02"), "--from must lie before --to"),
    ],
)
def test_a_window_that_is_none_is_refused(arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        told(*arguments)
