"""tag(): known words, tags, the root they are set on, and who inherits them."""

from opentelemetry import baggage, context

import spanledger


def test_known_words_have_their_own_attributes_and_the_rest_are_tags(ledger):
    with spanledger.trace(name="root"):
        spanledger.tag(user="u-17", session="s-4", customer="acme", prompt="p1", release="1.2", environment="staging")
        spanledger.tag(variant="B")
        spanledger.tag(plan="pro", seats=3, trial=False, nothing=None)

    told = ledger.named("root").attributes
    assert told == {
        "spanledger.kind": "workflow",
        "user.id": "u-17",
        "session.id": "s-4",
        "spanledger.customer": "acme",
        "spanledger.prompt": "p1",
        "spanledger.release": "1.2",
        "spanledger.environment": "staging",
        "spanledger.variant": "B",
        "spanledger.tag.plan": "pro",
        "spanledger.tag.seats": 3,
        "spanledger.tag.trial": False,
    }


def test_a_tag_set_deep_inside_is_on_the_root_and_on_later_steps(ledger):
    with spanledger.trace(name="root"):
        with spanledger.span("deep"):
            spanledger.tag(user="u-1", plan="pro")
        with spanledger.span("later"):
            pass

    root = ledger.named("root").attributes
    assert (root["user.id"], root["spanledger.tag.plan"]) == ("u-1", "pro")
    assert "user.id" not in ledger.named("deep").attributes
    assert ledger.named("later").attributes == {"spanledger.kind": "span", "user.id": "u-1"}


def test_one_traces_user_is_not_the_next_ones(ledger):
    with spanledger.trace(name="first"):
        spanledger.tag(user="u-1")
    with spanledger.trace(name="second"):
        pass

    assert "user.id" not in ledger.named("second").attributes


def test_route_user_and_session_come_in_by_baggage_cut_to_size(ledger):
    luggage = baggage.set_baggage("spanledger.route", "checkout")
    luggage = baggage.set_baggage("user.id", "u" * 5_000, luggage)
    token = context.attach(luggage)

    with spanledger.trace(name="called"), spanledger.span("step"):
        pass
    context.detach(token)

    for name in ("called", "step"):
        told = ledger.named(name).attributes
        assert told["spanledger.route"] == "checkout"
        assert told["user.id"] == "u" * 256


def test_outside_a_trace_nothing_happens(ledger):
    spanledger.tag(user="u-1")

    assert spanledger.flush(2).sent == 0


def test_environment_and_release_of_init_are_on_roots_alone(sink):
    spanledger.init(sink.url, "sl_ingest_test", environment="production", release="7")
    with spanledger.trace(name="root"), spanledger.span("child"):
        pass

    root, child = sink.named("root").attributes, sink.named("child").attributes
    spanledger.shutdown()
    assert (root["spanledger.environment"], root["spanledger.release"]) == ("production", "7")
    assert child == {"spanledger.kind": "span"}
