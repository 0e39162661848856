from datetime import datetime, timedelta
from decimal import Decimal


def test_a_trace_is_listed_with_its_route_cost_and_calls(ask, trace):
    status, answer = ask("/traces")

    assert status == 200
    [item] = answer["items"]
    assert (item["trace_id"], item["name"], item["route"]) == (trace, "answer", "support.refunds")
    assert (item["duration_ms"], item["calls"], item["status"]) == (3000, 1, "ok")
    assert Decimal(item["cost"]) == Decimal("0.005")
    assert answer["cursor"] is None


def test_a_trace_says_how_it_ended_and_what_it_cost_beside_tokens(ask, trace):
    [item] = ask("/traces")[1]["items"]
    whole = ask(f"/traces/{trace}")[1]

    assert (item["outcome"]["success"], item["outcome"]["value"]) == (True, "4.5")
    assert item["outcome"]["received_at"].endswith("Z")
    assert (item["charges"], item["loop"]) == ("0.01", None)
    assert whole["outcome"] == item["outcome"] | {"told": []}
    assert (whole["charges"], whole["loop"]) == ("0.01", None)


def test_money_is_text_times_are_in_utc_and_what_nobody_said_is_null(ask, trace):
    [item] = ask("/traces")[1]["items"]

    assert isinstance(item["cost"], str)
    assert item["start"].endswith("Z")
    assert datetime.fromisoformat(item["start"])
    assert item["user_id"] is None
    assert item["usage"]["cache_read"] is None


def test_a_trace_can_be_read_with_all_that_was_said(ask, trace):
    status, answer = ask(f"/traces/{trace}")

    assert status == 200
    root, call = answer["spans"]
    assert (root["parent_id"], call["parent_id"]) == (None, root["span_id"])
    assert call["usage"] == {
        "input": 1000,
        "cache_read": None,
        "cache_write": None,
        "cache_write_1h": None,
        "output": 250,
        "reasoning": None,
    }
    assert call["output"][0]["parts"][0]["content"] == "On its way."
    assert answer["tags"] == {"plan": "pro"}


def test_attributes_keep_the_types_they_were_sent_with(ask, trace):
    call = ask(f"/traces/{trace}")[1]["spans"][1]

    assert call["attributes"] == {
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.stop_sequences": ["END"],
        "cached": True,
    }


def test_what_happened_during_a_step_has_a_time_like_all_others(ask, trace):
    [event] = ask(f"/traces/{trace}")[1]["spans"][1]["events"]

    began = datetime.fromisoformat(ask(f"/traces/{trace}")[1]["start"])
    assert datetime.fromisoformat(event["time"]) == began + timedelta(seconds=1.5)
    assert (event["name"], event["attributes"]) == ("retry", {"attempt": 2})


def test_a_trace_of_another_project_is_not_there(ask, trace):
    status, answer = ask(f"/traces/{trace}", key="foreign")

    assert status == 404
    assert answer["error"]["code"] == "not_found"
    assert ask("/traces", key="foreign")[1]["items"] == []


def test_an_id_in_capitals_is_the_same_id(ask, trace):
    assert ask(f"/traces/{trace.upper()}")[0] == 200


def test_a_name_that_is_no_id_is_simply_not_there(ask, trace):
    assert ask("/traces/%2e%2e%2fetc")[0] == 404
    assert ask("/traces/xyz")[0] == 404


def test_a_bad_parameter_is_named_in_the_message(ask, trace):
    for query, named in {
        "sort=colour": "sort",
        "limit=0": "limit",
        "limit=many": "limit",
        "limit=501": "limit",
        "cursor=nonsense": "cursor",
        "from=yesterday": "from",
        "filter=colour:=:red": "filter",
        "colour=red": "colour",
    }.items():
        status, answer = ask(f"/traces?{query}")
        assert status == 400, query
        assert named in answer["error"]["message"], query


def test_traces_can_be_filtered_by_a_figure(ask, trace):
    assert len(ask("/traces?filter=cost:>:0.004")[1]["items"]) == 1
    assert len(ask("/traces?filter=cost:>:0.006")[1]["items"]) == 0
