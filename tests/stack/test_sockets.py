"""The folder of sockets: short, ours alone, and the same at every start."""

import os
from pathlib import Path

import pytest

from ledger.stack import sockets


def test_a_home_has_the_same_folder_at_every_start_and_two_homes_have_two(tmp_path: Path) -> None:
    assert sockets.folder(tmp_path / "a") == sockets.folder(tmp_path / "a")
    assert sockets.folder(tmp_path / "a") != sockets.folder(tmp_path / "b")


def test_a_socket_path_stays_below_the_kernel_limit_under_a_deep_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))

    assert len(os.fsencode(sockets.folder(tmp_path) / ".s.PGSQL.5432.lock")) <= 107


def test_it_is_closed_to_others_also_where_it_lay_open(tmp_path: Path) -> None:
    place = tmp_path / "sockets"
    place.mkdir(mode=0o755)

    sockets.make(place, os.geteuid())

    assert place.stat().st_mode & 0o777 == 0o700


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    place = tmp_path / "sockets"
    place.symlink_to(tmp_path / "elsewhere")

    sockets.make(place, os.geteuid())

    assert not place.is_symlink()
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755
