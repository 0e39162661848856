from uuid import uuid4

from django.utils import timezone

from evals.suite import shipped
from ledger.runs.models import Run


def test_the_shipped_suite_is_listed_with_its_metrics_and_its_run(ask):
    run = Run.live(shipped()["answer_basics"], timezone.now())

    status, answer = ask("/suites")

    assert status == 200
    [suite] = answer["items"]
    assert (suite["name"], suite["run"]) == ("answer_basics", str(run.pk))
    assert [metric["name"] for metric in suite["metrics"]] == ["answered", "valid_json", "tool_arguments_parse"]


def test_suites_are_read_in_portions(ask, db):
    assert ask("/suites?limit=1")[1] == {"items": ask("/suites")[1]["items"][:1], "cursor": None}
    assert ask(f"/suites?cursor={len(shipped())}")[1]["items"] == []


def test_a_run_that_has_graded_nothing_yet_knows_no_mean(ask, store):
    run = Run.live(shipped()["answer_basics"], timezone.now())

    status, answer = ask(f"/runs/{run.pk}")

    assert status == 200
    assert (answer["state"], answer["cases"], answer["cost"]) == ("running", 0, "0")
    assert answer["metrics"][0] == {"name": "answered", "n": 0, "mean": None, "interval": None, "verdict": None}


def test_a_run_that_is_not_there_is_not_found(ask):
    assert ask(f"/runs/{uuid4()}")[0] == 404
    assert ask("/runs/none")[0] == 404
