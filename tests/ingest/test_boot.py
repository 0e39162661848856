from pathlib import Path

import pytest

from ingest import boot


def test_it_is_the_same_until_the_machine_starts_anew() -> None:
    assert boot.boot_id() == boot.boot_id()


def test_what_linux_says_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "boot_id"
    said.write_text("0d9c2f5e-one-boot\n")
    monkeypatch.setattr(boot, "LINUX", said)

    assert boot.boot_id() == "0d9c2f5e-one-boot"


@pytest.mark.parametrize("command", [("/nowhere/sysctl",), ("/bin/sh", "-c", "exit 1")])
def test_where_the_system_does_not_say_every_start_counts_as_another_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(boot, "LINUX", tmp_path / "missing")
    monkeypatch.setattr(boot, "MACOS", command)

    assert boot.boot_id() != boot.boot_id()


def test_a_mac_is_asked_where_there_is_no_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot, "LINUX", tmp_path / "missing")
    monkeypatch.setattr(boot, "MACOS", ("/bin/echo", "A-SESSION"))

    assert boot.boot_id() == "A-SESSION"
