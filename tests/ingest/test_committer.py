"""Group commit, where the file can't be opened."""

from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from ingest.batch import Batch
from ingest.committer import Committer, SpoolBroken

NOBODY = Batch(uuid4(), "key", 1, [])


def test_who_waits_is_told_while_the_file_cannot_be_opened_and_served_once_it_can(tmp_path: Path) -> None:
    committer = Committer(tmp_path / "away" / "spool.sqlite3")

    with pytest.raises(SpoolBroken):
        committer.commit(NOBODY).result(timeout=10)
    (tmp_path / "away").mkdir()
    kept = committer.commit(NOBODY).result(timeout=10)
    committer.finish()

    assert kept is None


def test_it_can_be_finished_while_the_file_cannot_be_opened(tmp_path: Path) -> None:
    committer = Committer(tmp_path / "away" / "spool.sqlite3")
    with pytest.raises(SpoolBroken):
        committer.commit(NOBODY).result(timeout=10)

    ending = Thread(target=committer.finish, daemon=True)
    ending.start()
    ending.join(timeout=10)

    assert not ending.is_alive()
