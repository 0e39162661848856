from decimal import Decimal
from uuid import uuid4

import pytest

from ledger.accounts.models import Project
from ledger.jobs.models import Job
from ledger.jobs.turns import take_turn
from tests.settle.house import House, call, span

NOVEMBER = {"from": "2020-11-01T00:00:00Z", "to": "2020-11-08T00:00:00Z"}


def test_a_repricing_is_a_job_that_can_be_asked_for(ask, store):
    status, begun = ask("/prices/reprice", key="admin", body=NOVEMBER)

    assert status == 202
    job = ask(f"/jobs/{begun['job']}")[1]
    assert (job["state"], job["progress"], job["kind"], job["result"]) == ("queued", 0, "reprice", None)
    assert job["asked_by"].endswith("(admin)")


@pytest.mark.django_db(transaction=True)
def test_when_it_is_done_its_history_says_what_was_before_and_after(ask, store):
    begun = ask("/prices/reprice", key="admin", body=NOVEMBER | {"provider": "azure.ai.openai", "model": "gpt-4o"})[1]

    take_turn(store, Job.objects.get())

    nothing = {"calls": 0, "unpriced_calls": 0, "cost": None, "by_model": []}
    assert ask(f"/jobs/{begun['job']}")[1]["result"] == {"before": nothing, "after": nothing}
    [item] = ask("/prices/reprices")[1]["items"]
    assert (item["job"], item["state"], item["from"], item["to"]) == (begun["job"], "done", *NOVEMBER.values())
    assert (item["provider"], item["model"], item["before"], item["after"]) == ("azure", "gpt-4o", nothing, nothing)


def test_another_projects_jobs_are_not_there(ask, store):
    begun = ask("/prices/reprice", key="admin", body=NOVEMBER)[1]

    assert ask(f"/jobs/{begun['job']}", key="foreign")[0] == 404
    assert ask("/prices/reprices", key="foreign")[1]["items"] == []


@pytest.mark.parametrize("name", ["not-an-id", str(uuid4())])
def test_a_job_that_is_not_there_is_not_found(ask, name):
    assert ask(f"/jobs/{name}")[0] == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "from"),
        (NOVEMBER | {"to": "2020-10-01T00:00:00Z"}, "from"),
        (NOVEMBER | {"from": "yesterday"}, "from"),
        (NOVEMBER | {"from": "2020-11-01T00:00:00"}, "from"),
        (NOVEMBER | {"colour": "red"}, "colour"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(ask, body, named):
    status, answer = ask("/prices/reprice", key="admin", body=body)

    assert status == 400
    assert named in answer["error"]["message"]
    assert not Job.objects.exists()


def test_where_clients_say_another_cost_than_the_book_is_listed_by_model(ask, store):
    house = House(store, Project.objects.get(name="Others").pk)  # the other tests count what the first project holds
    house.price()
    house.arrive(span(), *(call(number=n, reported_cost=Decimal(said)) for n, said in ((2, "0.003"), (3, "0.0045"))))
    house.settle()

    status, answer = ask("/prices/differences?from=2026-10-01T00:00:00Z&to=2026-12-01T00:00:00Z", key="foreign")

    assert status == 200
    [found] = [each for each in answer["items"] if each["model"] == "m-1"]
    assert (found["calls"], found["n"], found["ours"], found["theirs"], found["ratio"]) == (
        2,
        1,
        "0.003",
        "0.0045",
        "1.5",
    )
    assert (found["trace_id"], found["span_id"]) == (f"{1:032x}", f"{3:016x}")
