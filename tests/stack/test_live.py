"""What `./run up` refuses before anything starts, in one line that says what to do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from ledger.stack import home, ports


def up(place: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Ask for a stack that has to be refused."""
    known = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    public = ("SPANLEDGER_WEB_PORT", "SPANLEDGER_OTLP_HTTP_PORT", "SPANLEDGER_OTLP_GRPC_PORT")
    known |= {name: str(ports.free()) for name in public} | {"SPANLEDGER_HOME": str(place), **environ}
    return subprocess.run(
        [sys.executable, "-m", "ledger.stack", "up"], env=known, capture_output=True, text=True, timeout=30
    )


def test_a_taken_port_is_named_with_its_variable_and_nothing_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = up(tmp_path, SPANLEDGER_WEB_PORT=str(port))

    assert done.returncode == 1
    assert done.stderr == (
        f"Port {port} on 127.0.0.1 is taken. Stop what listens there, or choose another with SPANLEDGER_WEB_PORT=…\n"
    )
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "stack.json").exists()


def test_the_port_for_grpc_is_asked_for_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port, free = other.getsockname()[1], {"SPANLEDGER_WEB_PORT": str(ports.free())}
        free["SPANLEDGER_OTLP_HTTP_PORT"] = str(ports.free())
        done = up(tmp_path, SPANLEDGER_OTLP_GRPC_PORT=str(port), **free)

    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken." in done.stderr
    assert "SPANLEDGER_OTLP_GRPC_PORT" in done.stderr


def test_one_port_for_two_services_is_named_too(tmp_path: Path) -> None:
    port = str(ports.free())

    done = up(tmp_path, SPANLEDGER_WEB_PORT=port, SPANLEDGER_OTLP_HTTP_PORT=port)

    assert done.returncode == 1
    assert f"SPANLEDGER_WEB_PORT and SPANLEDGER_OTLP_HTTP_PORT are both {port}" in done.stderr


def test_a_second_stack_on_the_same_home_is_refused_and_the_first_left_alone(tmp_path: Path) -> None:
    with home.held(tmp_path):
        home.note_stack(tmp_path, {"DATABASE_URL": "postgresql:///first"})
        done = up(tmp_path)

        assert (tmp_path / "stack.json").exists()
    assert done.returncode == 1
    assert f"A stack already runs on {tmp_path} (process {os.getpid()})" in done.stderr


def test_a_wrong_setting_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    done = up(tmp_path, SPANLEDGER_WEB_PORT="eight")

    assert done.returncode == 1
    assert done.stderr == 'SPANLEDGER_WEB_PORT="eight": expected a port number between 1 and 65535.\n'


def test_what_a_killed_stack_noted_is_not_taken_for_settings(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"SPANLEDGER_WEB_PORT": "1"}')

    with home.held(tmp_path):
        assert not (tmp_path / "stack.json").exists()
