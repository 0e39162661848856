"""outcome(): what is posted, about whom, and what money is."""

from decimal import Decimal

import pytest

import spanledger


@pytest.fixture(autouse=True)
def talkative(monkeypatch):
    """Nothing has been told in the last minute."""
    monkeypatch.setattr("spanledger._guard._told", {})


def test_an_outcome_is_about_the_current_trace(ledger):
    with spanledger.trace(name="task") as task:
        spanledger.outcome(success=True, value="4.50")

    assert spanledger.flush(5)
    assert ledger.posted("outcomes") == [{"trace_id": task.trace_id, "success": True, "value": "4.50"}]


def test_it_can_be_told_later_about_a_trace_or_a_session(ledger):
    spanledger.outcome(False, trace_id="ab" * 16, name="refund", id="r-1")
    with spanledger.trace(name="another task"):
        spanledger.outcome(True, session="s-4")

    assert spanledger.flush(5)
    assert ledger.posted("outcomes") == [
        {"trace_id": "ab" * 16, "success": False, "name": "refund", "id": "r-1"},
        {"session_id": "s-4", "success": True},
    ]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("4.50", "4.50"),
        (Decimal("0.000000000001"), "0.000000000001"),
        (Decimal("1e-7"), "0.0000001"),
        (7, "7"),
        (-2.5, "-2.500000000000"),
        (0.1 + 0.2, "0.300000000000"),
        ("0", "0"),
    ],
)
def test_money_is_a_text_to_the_last_digit(ledger, value, sent):
    spanledger.outcome(True, value, session="s")

    assert spanledger.flush(5)
    assert ledger.posted("outcomes")[0]["value"] == sent


@pytest.mark.parametrize("value", ["much", "", float("nan"), float("inf"), "NaN", 10**6, "-1e9", True, [], 1e300])
def test_what_is_no_money_is_told_and_skipped(ledger, caplog, value):
    spanledger.outcome(True, value, session="s")

    assert spanledger.flush(2).sent == 0
    assert 'outcome() was skipped: money is a number of USD such as "4.50"' in caplog.text


def test_an_outcome_of_nothing_or_of_two_is_told_and_skipped(ledger, caplog):
    spanledger.outcome(True)
    spanledger.outcome(True, trace_id="ab" * 16, session="s")

    assert spanledger.flush(2).sent == 0
    assert "outside a trace" in caplog.text
    assert "not both" in caplog.text


def test_what_the_server_leaves_out_is_told(ledger, caplog):
    ledger.answers = [(200, b'{"accepted": 0, "rejected": 1, "errors": [{"element": 0, "message": "id: bad"}]}', {})]
    spanledger.outcome(True, session="s")

    assert spanledger.flush(5)
    assert "the server rejected 1 outcomes of a batch: id: bad" in caplog.text


def test_before_init_nothing_happens():
    spanledger.outcome(True, session="s")
    spanledger.charge("web_search", "0.01", session="s")
