def counted(spool, project, **counts: int) -> None:
    columns = ", ".join(["project", *counts])
    spool.execute(
        f"INSERT INTO counts ({columns}) VALUES (?{', ?' * len(counts)})", (str(project.id), *counts.values())
    )


def test_the_ledger_is_the_snapshot_that_ingest_keeps(ask, spool, project):
    counted(spool, project, received=10, stored=7, merged=2, rejected=1)

    status, answer = ask("/ingest/ledger")

    assert status == 200
    assert answer == {"received": 10, "stored": 7, "merged": 2, "rejected": 1, "spooled": 0}


def test_a_project_that_sent_nothing_has_a_ledger_of_zeros(ask, spool, project):
    counted(spool, project, received=10, stored=10)

    assert ask("/ingest/ledger", key="foreign")[1]["received"] == 0


def test_rejections_say_why_how_many_and_when(ask, spool, project):
    spool.execute(
        "INSERT INTO rejections VALUES (?, 'bad_span_id', 3, 1767225600000000, 1767229200000001, 'span 12')",
        (str(project.id),),
    )

    status, answer = ask("/ingest/rejected")

    assert status == 200
    assert answer["items"] == [
        {
            "reason": "bad_span_id",
            "count": 3,
            "first_seen": "2026-01-01T00:00:00Z",
            "last_seen": "2026-01-01T01:00:00.000001Z",
            "sample": "span 12",
        }
    ]


def test_rejections_are_read_in_portions(ask, spool, project):
    for number, reason in enumerate(("bad_span_id", "bad_trace_id", "span_too_large")):
        values = (str(project.id), reason, 1_767_225_600_000_000 + number)
        spool.execute("INSERT INTO rejections VALUES (?, ?, 1, 1767225600000000, ?, 'span 12')", values)

    first = ask("/ingest/rejected?limit=2")[1]
    second = ask(f"/ingest/rejected?limit=2&cursor={first['cursor']}")[1]

    assert len(first["items"]) == 2
    assert {item["reason"] for item in first["items"] + second["items"]} == {
        "bad_span_id",
        "bad_trace_id",
        "span_too_large",
    }
    assert second["cursor"] is None
    assert ask("/ingest/rejected?limit=501")[0] == 400


def test_without_ingest_the_ledger_is_unavailable_not_zero(ask):
    status, answer = ask("/ingest/ledger")

    assert status == 503
    assert answer["error"]["code"] == "unavailable"
