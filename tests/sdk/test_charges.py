"""charge(): what is posted, and that each is one charge however often it is sent."""

import pytest

import spanledger


@pytest.fixture(autouse=True)
def talkative(monkeypatch):
    """Nothing has been told in the last minute."""
    monkeypatch.setattr("spanledger._guard._told", {})


def test_a_charge_belongs_to_the_current_trace_and_has_an_id(ledger):
    with spanledger.trace(name="task") as task:
        spanledger.charge("web_search", "0.01")
        spanledger.charge("web_search", "0.01")

    assert spanledger.flush(5)
    posted = ledger.posted("charges")
    assert len({charge.pop("id") for charge in posted}) == 2
    assert posted == [{"trace_id": task.trace_id, "kind": "web_search", "amount": "0.01"}] * 2


def test_it_can_belong_to_a_session_and_be_replaced_by_its_id(ledger):
    spanledger.charge("review", 3, session="s-4", id="r-1")

    assert spanledger.flush(5)
    assert ledger.posted("charges") == [{"session_id": "s-4", "kind": "review", "amount": "3", "id": "r-1"}]


def test_what_is_no_money_or_belongs_to_nobody_is_told_and_skipped(ledger, caplog):
    spanledger.charge("web_search", "a cent", session="s")
    spanledger.charge("web_search", "0.01")

    assert spanledger.flush(2).sent == 0
    assert "charge() was skipped: money is" in caplog.text
    assert "charge() outside a trace was skipped" in caplog.text
