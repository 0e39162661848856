"""`./run` in a small tree of its own: which Python it takes, when it installs, and what it becomes.

uv and the environment it makes are replaced by scripts that write down how they were called; installing for real is
what a fresh clone does.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

UV = """#!/bin/sh
[ "$1" != --version ] || { echo "uv 0.11.0"; exit; }
echo "chatter of uv"
echo "$@" >>uv.calls
mkdir -p .venv/bin
cp become.sh .venv/bin/python
"""

BECOME = """#!/bin/sh
echo "became: $*"
echo "in: $PWD"
echo "home: $SPANLEDGER_HOME"
echo "bytecode: ${PYTHONDONTWRITEBYTECODE-kept}"
"""


ANY_PYTHON = """#!/bin/sh
case "$*" in
  -c*print*) echo "$0" ;;
  -c*) exit 1 ;;
  "-m pip --version") echo pip ;;
  "-m venv "*) [ -z "$VENV_WORKS" ] && exit 1; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  *"--target .tools/uv-target"*) mkdir -p .tools/uv-target/bin; cp uv.fake .tools/uv-target/bin/uv ;;
  *"pip install"*) cp uv.fake .tools/uv/bin/uv ;;
esac
"""
"""A Python too old for us, with pip; a venv it makes has pip only where VENV_WORKS is set."""


@dataclass
class Tree:
    """A clone in which nothing is installed yet, and a PATH that holds only what a test puts there."""

    root: Path
    path: Path

    def script(self, place: Path, text: str) -> Path:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o755)
        return place

    def python(self, place: Path) -> Path:
        """A Python that runs, and writes down that it was asked."""
        asked = self.root / "asked"
        return self.script(place, f'#!/bin/sh\necho "{place}" >>"{asked}"\nexec "{sys.executable}" "$@"\n')

    def broken(self, place: Path) -> Path:
        return self.script(place, "#!/bin/sh\nexit 127\n")

    def run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        known = {"PATH": str(self.path), "HOME": str(self.root.parent / "home"), **environ}
        return subprocess.run([str(self.root / "run"), *words], env=known, capture_output=True, text=True, cwd="/")

    @property
    def installs(self) -> list[str]:
        calls = self.root / "uv.calls"
        return calls.read_text().splitlines() if calls.exists() else []

    @property
    def asked(self) -> list[str]:
        return (self.root / "asked").read_text().splitlines()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root, path = tmp_path / "a clone", tmp_path / "bin"
    (root / "sdk").mkdir(parents=True)
    path.mkdir()
    for name in ("uv.lock", "pyproject.toml", "sdk/pyproject.toml"):
        (root / name).write_text(name)
    shutil.copy(ROOT / "run", root / "run")
    for tool in ("sh", "cat", "cksum", "dirname", "mkdir", "cp", "rm"):
        (path / tool).symlink_to(str(shutil.which(tool)))
    made = Tree(root, path)
    made.script(root / ".tools" / "uv" / "bin" / "uv", UV)
    made.script(root / "become.sh", BECOME)
    return made


def test_a_python_that_does_not_run_is_passed_over(tree: Tree) -> None:
    tree.broken(tree.path / "python3.14")
    good = tree.python(tree.path / "python3.13")

    assert tree.run("up").returncode == 0
    assert set(tree.asked) == {str(good)}


def test_the_python_of_the_variable_comes_first(tree: Tree, tmp_path: Path) -> None:
    tree.python(tree.path / "python3.14")
    wanted = tree.python(tmp_path / "my python")

    tree.run("up", PYTHON=str(wanted))

    assert set(tree.asked) == {str(wanted)}


def test_an_unfit_python_variable_is_told_and_another_is_taken(tree: Tree) -> None:
    tree.python(tree.path / "python3.12")

    done = tree.run("up", PYTHON="/nonexistent/python")

    assert done.returncode == 0
    assert "PYTHON=/nonexistent/python is not a Python from 3.12 to 3.14" in done.stderr


def test_a_python_of_pyenv_is_found_when_its_shim_leads_nowhere(tree: Tree, tmp_path: Path) -> None:
    tree.broken(tree.path / "python3.13")
    tree.broken(tree.path / "python3")
    hidden = tree.python(tmp_path / "home" / ".pyenv" / "versions" / "3.13.9" / "bin" / "python")

    assert tree.run("up").returncode == 0
    assert set(tree.asked) == {str(hidden)}


def test_uv_is_asked_for_a_python_when_there_is_none(tree: Tree) -> None:
    tree.run("up")

    assert tree.installs[0] == "python install 3.13"


@pytest.mark.parametrize(("works", "place"), [("yes", ".tools/uv/bin/uv"), ("", ".tools/uv-target/bin/uv")])
def test_uv_is_fetched_by_any_python_with_pip_also_where_venv_is_crippled(tree: Tree, works: str, place: str) -> None:
    (tree.root / ".tools" / "uv" / "bin" / "uv").rename(tree.root / "uv.fake")
    shutil.rmtree(tree.root / ".tools")
    tree.python(tree.path / "python3.13")
    tree.broken(tree.path / "python")
    tree.script(tree.path / "python3", ANY_PYTHON)

    done = tree.run("up", VENV_WORKS=works)

    assert done.returncode == 0, done.stderr
    assert (tree.root / place).exists()
    assert tree.installs[0].startswith("sync --frozen")


def test_the_locked_environment_is_compiled_and_belongs_to_the_clone(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")

    tree.run("up", VIRTUAL_ENV="/elsewhere", UV_PROJECT_ENVIRONMENT="/elsewhere")

    [call] = tree.installs
    assert call.startswith(f"sync --frozen --compile-bytecode --inexact --python {sys.executable} --extra embedded")
    assert call.endswith("--no-dev")
    assert (tree.root / ".venv").exists()


def test_the_second_start_installs_nothing_and_looks_for_no_python(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")
    tree.run("up")
    asked = tree.asked

    assert tree.run("up").returncode == 0
    assert len(tree.installs) == 1
    assert tree.asked == asked


def test_a_changed_lock_installs_again(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")
    tree.run("up")
    (tree.root / "uv.lock").write_text("newer")

    tree.run("up")

    assert len(tree.installs) == 2


def test_a_clone_that_was_moved_installs_again(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")
    tree.run("up")
    tree.root = tree.root.rename(tree.root.with_name("moved"))

    tree.run("up")

    assert len(tree.installs) == 2


def test_what_tests_need_is_enough_for_the_demo_and_the_stack(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")

    for command in ("test", "demo", "up"):
        tree.run(command)

    assert len(tree.installs) == 1
    assert tree.installs[0].endswith("--group dev")


def test_the_demo_adds_its_group_to_what_the_stack_has(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")

    for command in ("up", "demo"):
        tree.run(command)

    assert tree.installs[1].endswith("--no-dev --group demo")


def test_standard_output_belongs_to_the_command(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")

    done = tree.run("manage", "create_project", "two words", "--json")

    assert "chatter of uv" in done.stderr
    assert done.stdout.splitlines()[0] == "became: manage.py create_project two words --json"


def test_it_becomes_the_stack_in_the_root_and_lets_bytecode_be_kept(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")

    shown = tree.run(PYTHONDONTWRITEBYTECODE="1").stdout.splitlines()

    assert shown[0] == "became: -m ledger.stack up"
    assert f"in: {tree.root}" in shown
    assert "bytecode: kept" in shown


def test_a_relative_home_is_where_the_caller_stands(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")

    assert "home: //mine" in tree.run(SPANLEDGER_HOME="mine").stdout.splitlines()


def test_an_unknown_command_is_refused_before_anything_is_installed(tree: Tree) -> None:
    done = tree.run("frobnicate")

    assert done.returncode == 2
    assert "no command 'frobnicate'" in done.stderr
    assert tree.installs == []


def test_help_needs_nothing(tree: Tree) -> None:
    done = tree.run("help")

    assert done.returncode == 0
    assert "create_project NAME --json" in done.stdout
    assert tree.installs == []


def test_a_failed_install_is_told_and_not_taken_for_done(tree: Tree) -> None:
    tree.python(tree.path / "python3.13")
    tree.script(tree.root / ".tools" / "uv" / "bin" / "uv", UV + "exit 1\n")

    assert "could not be installed" in tree.run("up").stderr
    assert "could not be installed" in tree.run("up").stderr


def test_it_is_executable_for_everybody() -> None:
    assert (ROOT / "run").stat().st_mode & 0o111 == 0o111
