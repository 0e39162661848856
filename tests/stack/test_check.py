"""The parts of `./run check` that are ours: what may stand in lock files, and which folders may never be packages."""

import platform
from pathlib import Path

import pytest

from ledger.stack import check

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(check, "tracked", lambda: [path.name for path in tmp_path.iterdir()])
    return tmp_path


def test_a_mirror_in_a_lock_file_is_named(tree: Path) -> None:
    (tree / "uv.lock").write_text('source = { registry = "https://user:pass@mirror.example/simple" }\n')

    assert list(check.strangers()) == [
        "uv.lock names mirror.example; expected only files.pythonhosted.org, pypi.org",
    ]


def test_a_mirror_of_npm_is_named(tree: Path) -> None:
    (tree / "package-lock.json").write_text('"resolved": "http://127.0.0.1:4873/vite/-/vite-8.3.8.tgz",\n')

    assert list(check.strangers()) == ["package-lock.json names 127.0.0.1:4873; expected only registry.npmjs.org"]


def test_addresses_that_nothing_is_installed_from_are_no_matter(tree: Path) -> None:
    (tree / "package-lock.json").write_text('"funding": { "url": "https://example.com/sponsor" }\n')

    assert list(check.strangers()) == []


def test_our_lock_files_name_public_registries_only() -> None:
    assert list(check.strangers()) == []


@pytest.mark.parametrize(
    "path", ["platform/__init__.py", "tests/__init__.py", "tests/platform/__init__.py", "tests/a/b/__init__.py"]
)
def test_a_package_that_would_hide_another_is_named(path: str) -> None:
    assert list(check.hiding_packages([path, "platform/ledger/__init__.py"])) == [f"{path} must not exist"]


def test_platform_is_still_pythons_own() -> None:
    assert platform.machine()
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_the_ledger_package_stays_empty_so_that_ingest_loads_no_django() -> None:
    assert (ROOT / "platform" / "ledger" / "__init__.py").read_text() == ""


def test_all_checks_run_although_one_fails_and_the_failed_one_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    three = [
        check.Check("first", lambda: (True, "")),
        check.Check("second", lambda: (False, "line 3 is wrong")),
        check.Check("third", lambda: (True, "")),
    ]
    monkeypatch.setattr(check, "checks", lambda: iter(three))

    assert check.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok     first",
        "FAILED second",
        "    line 3 is wrong",
        "ok     third",
        "",
        "2 of 3 checks passed; failed: second",
    ]
