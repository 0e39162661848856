"""Secrets are made once, and nobody else can read them or what connects to the stack."""

import subprocess
from pathlib import Path

from ledger.stack import private


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    first = private.own_secrets(tmp_path)

    assert private.own_secrets(tmp_path) == first
    assert len({first.secret_key, first.writer_password, first.reader_password}) == 3


def test_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    private.own_secrets(tmp_path)
    private.write_variables(tmp_path / "connect.env", {"SPANLEDGER_API_KEY": "k"})

    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_a_shell_reads_back_what_was_written_whatever_is_in_it(tmp_path: Path) -> None:
    odd = 'it\'s $HOME & "more"; `date` \\ #'
    private.write_variables(tmp_path / "connect.env", {"ODD": odd})

    read = subprocess.run(
        ["sh", "-c", '. "$1"; printf %s "$ODD"', "sh", str(tmp_path / "connect.env")], capture_output=True, text=True
    )

    assert read.stdout == odd
