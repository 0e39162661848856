"""`./run check`: everything that can be known without running the product. All of it runs, also when a part fails."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ledger.stack import declared
from ledger.stack.plan import ROOT, inherited

TYPED = ("platform/ledger", "ingest", "evals", "sdk/src", "manage.py")
PUBLIC = {
    "uv.lock": {"pypi.org", "files.pythonhosted.org"},
    "package-lock.json": {"registry.npmjs.org"},
}
NEVER_PACKAGES = re.compile(r"^(platform/__init__\.py|tests/(.*/)?__init__\.py)$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found; good when nothing was found."""

    name: str
    good: bool
    output: str


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    run: Callable[[], tuple[bool, str]]

    def verdict(self) -> Verdict:
        return Verdict(self.name, *self.run())


def main() -> int:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        verdicts = []
        for verdict in pool.map(Check.verdict, checks()):
            tell(f"{'ok    ' if verdict.good else 'FAILED'} {verdict.name}")
            if not verdict.good:
                tell(indented(verdict.output))
            verdicts.append(verdict)
    bad = [verdict.name for verdict in verdicts if not verdict.good]
    tell(
        f"\n{len(verdicts) - len(bad)} of {len(verdicts)} checks passed"
        + (f"; failed: {', '.join(bad)}" if bad else "")
    )
    return 1 if bad else 0


def checks() -> Iterator[Check]:
    """The slow ones first: they run side by side."""
    module = (sys.executable, "-m")
    yield command("types (mypy)", *module, "mypy", *TYPED)
    if (ROOT / "frontend" / "package.json").exists():
        yield command("front end types (tsc)", *module, "ledger.stack.frontend", "--check")
    yield command("migrations", sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")
    yield command("layers (import-linter)", script("lint-imports"), "--no-logo")
    yield command("format (ruff)", *module, "ruff", "format", "--check", "--quiet", ".")
    yield command("lint (ruff)", *module, "ruff", "check", "--quiet", ".")
    yield command("templates (djade)", script("djade"), "--check", "--target-version", "6.1", *templates())
    yield Check("lock files name public registries only", lambda: found(strangers()))
    yield Check("imports come with the server", lambda: found(declared.strays(ROOT)))
    yield Check("no package hides another", lambda: found(hiding_packages(tracked())))


def script(name: str) -> str:
    """A tool of this environment that is no Python module."""
    return str(Path(sys.executable).with_name(name))


def command(name: str, *words: str) -> Check:
    return Check(name, lambda: outcome(words))


def outcome(words: Sequence[str]) -> tuple[bool, str]:
    environ = inherited(os.environ) | {"PYTHONWARNINGS": "ignore::RuntimeWarning:django.core.management"}
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True)  # noqa: S603  our own tools
    return done.returncode == 0, done.stdout + done.stderr


def found(complaints: Iterator[str]) -> tuple[bool, str]:
    listed = list(complaints)
    return not listed, "\n".join(listed)


def templates() -> list[str]:
    return [path for path in tracked() if path.endswith(".html") and "/templates/" in path]


def tracked() -> list[str]:
    """Files that git knows or would know."""
    words = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return [path for path in done.stdout.splitlines() if (ROOT / path).exists()]


def strangers() -> Iterator[str]:
    """Addresses in lock files that are not the public registries': they would not resolve elsewhere."""
    for path in tracked():
        allowed = PUBLIC.get(Path(path).name)
        if allowed is not None:
            hosts = set(re.findall(r"https?://(?:[^/@\s\"']*@)?([^/\s\"']+)", lines_with_sources(ROOT / path)))
            yield from (f"{path} names {host}; expected only {', '.join(sorted(allowed))}" for host in hosts - allowed)


def lines_with_sources(lock: Path) -> str:
    """Where packages come from; a lock of npm also holds addresses where authors ask for money."""
    wanted = re.compile(r'registry|url =|"resolved"|index')
    return "\n".join(line for line in lock.read_text().splitlines() if wanted.search(line))


def hiding_packages(paths: Sequence[str]) -> Iterator[str]:
    """`platform/` as a package would hide Python's own module; below `tests/` it does the same to any room's name."""
    yield from (f"{path} must not exist" for path in paths if NEVER_PACKAGES.match(path))


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines())


def tell(text: str) -> None:
    print(text, flush=True)  # noqa: T201  this is a command
