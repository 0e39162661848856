"""score(): what is posted, and for which trace."""

import spanledger


def test_a_score_is_for_the_current_trace(ledger):
    with spanledger.trace(name="task") as task:
        spanledger.score("helpful", True, reason="thanked us", source="user")

    assert spanledger.flush(5)
    (score,) = ledger.scores
    assert score.pop("id")
    assert score == {
        "trace_id": task.trace_id,
        "name": "helpful",
        "value": True,
        "reason": "thanked us",
        "source": "user",
    }


def test_a_score_can_be_given_later_and_replaced_by_its_id(ledger):
    spanledger.score("stars", 4, trace_id="ab" * 16, span_id="cd" * 8, id="review-1")

    assert spanledger.flush(5)
    (score,) = ledger.scores
    assert (score["trace_id"], score["span_id"], score["id"]) == ("ab" * 16, "cd" * 8, "review-1")


def test_a_score_for_nothing_is_told_and_skipped(ledger, caplog):
    spanledger.score("lonely", 1)

    assert spanledger.flush(2).sent == 0
    assert "outside a trace" in caplog.text


def test_spans_and_scores_go_to_their_own_addresses_with_the_key(ledger):
    with spanledger.trace(name="task"):
        spanledger.score("helpful", False)

    assert spanledger.flush(5)
    assert {request.path for request in ledger.requests} == {"/v1/traces", "/v1/scores"}
    assert {request.headers["Authorization"] for request in ledger.requests} == {"Bearer sl_ingest_test"}
