"""The spool's disk is full, or refuses: 503 in time, never a 200 that is lost, and well again without a restart."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from ingest.spool_file import FILE, MEBIBYTE
from ledger.store.client import Store
from tests.faults.judge import stored
from tests.faults.quota import no_file_grows_beyond
from tests.ingest.house import House
from tests.ingest.requests import body, span

pytestmark = [pytest.mark.faults, pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux are used")]

LIMIT = 16


def heavy(number: int) -> bytes:
    """A span that takes about a mebibyte in the spool."""
    texts = {str(at): random.Random(number * 10 + at).randbytes(MEBIBYTE // 4).hex() for at in range(4)}
    return body(span(number, attributes=texts))


def outcome(house: House, key: str, number: int) -> httpx.Response:
    response = house.post(heavy(number), key)
    if response.status_code != 200:
        assert response.status_code == 503, response.text
        assert response.headers["retry-after"] == "1"
    return response


def test_a_spool_at_its_limit_refuses_before_the_disk_is_full_and_goes_on_once_it_has_drained(
    house: House, store: Store, project: UUID
) -> None:
    house.settings["SPANLEDGER_SPOOL_MIB"] = str(LIMIT)
    house.start_ingest()
    key = house.key(project)
    taken = []
    while outcome(house, key, len(taken) + 1).status_code == 200:
        taken.append(len(taken) + 1)
        assert len(taken) < 200, "the spool has no limit"

    assert httpx.get(f"{house.url}/readyz").status_code == 503
    assert (house.home / "spool" / FILE).stat().st_size < 4 * LIMIT * MEBIBYTE
    house.start_writer()
    house.wait(lambda: httpx.get(f"{house.url}/readyz").status_code == 200, "room in the spool")
    assert outcome(house, key, 1000).status_code == 200
    house.drain(project)
    assert sorted(stored(store, project)) == [*taken, 1000]


def test_a_disk_that_is_full_costs_nothing_that_was_acknowledged(house: House, store: Store, project: UUID) -> None:
    house.start_ingest()
    key = house.key(project)
    assert house.post(body(span(1)), key).status_code == 200
    assert house.ingest is not None

    with no_file_grows_beyond(64 * 1024, house.ingest.pid):
        refused = [outcome(house, key, number).status_code for number in (2, 3)]
    after = outcome(house, key, 4).status_code

    assert (refused, after) == ([503, 503], 200)
    house.start_writer()
    assert house.drain(project)["received"] == 2
    assert sorted(stored(store, project)) == [1, 4]


def test_the_writer_goes_on_once_its_disk_has_room_again(house: House, store: Store, project: UUID) -> None:
    house.start_ingest()
    house.start_writer()
    key = house.key(project)
    house.post(body(span(1)), key)
    house.drain(project)
    assert house.writer is not None

    with no_file_grows_beyond(32 * 1024, house.writer.pid):
        assert house.post(body(span(2)), key).status_code == 200
        house.wait(lambda: "disk refuses" in log_of(house), "the writer to complain")

    assert house.drain(project)["stored"] == 2
    assert sorted(stored(store, project)) == [1, 2]


@dataclass(frozen=True)
class Disk:
    """A disk that may refuse to sync; `settings` are for the process that is to use it."""

    fault: Path
    settings: dict[str, str]

    @contextmanager
    def refusing(self) -> Iterator[None]:
        self.fault.touch()
        yield
        self.fault.unlink()

    def asked(self) -> set[str]:
        return set(self.fault.with_name("fault.log").read_text().split())


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    library, fault = tmp_path / "fault.so", tmp_path / "fault"
    source = Path(__file__).with_name("fsync_fault.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return Disk(fault, {"LD_PRELOAD": str(library), "FSYNC_FAULT": str(fault)})


def test_after_a_failed_fsync_ingest_closes_the_file_and_never_syncs_it_again(
    house: House, store: Store, project: UUID, disk: Disk
) -> None:
    house.settings |= disk.settings
    house.start_ingest()
    house.settings.clear()
    key = house.key(project)
    assert house.post(body(span(1)), key).status_code == 200

    with disk.refusing():
        assert [house.post(body(span(number)), key).status_code for number in (2, 3, 4)] == [503] * 3

    assert house.post(body(span(5)), key).status_code == 200
    assert disk.asked() == {"refused"}
    house.start_writer()
    assert house.drain(project)["received"] == 2
    assert sorted(stored(store, project)) == [1, 5]


def test_after_a_failed_fsync_the_writer_opens_the_file_anew_and_goes_on(
    house: House, store: Store, project: UUID, disk: Disk
) -> None:
    house.start_ingest()
    house.settings |= disk.settings
    house.start_writer()
    key = house.key(project)
    house.post(body(span(1)), key)
    house.drain(project)

    with disk.refusing():
        house.post(body(span(2)), key)
        house.wait(lambda: "disk refuses" in log_of(house), "the writer to complain")

    assert house.drain(project)["stored"] == 2
    assert disk.asked() == {"refused"}
    assert sorted(stored(store, project)) == [1, 2]


def log_of(house: House) -> str:
    return (house.home / "ingest.writer.log").read_text()
