"""Whether what our code imports is there without the development tools.

In a development environment everything imports; only a fresh installation of the server alone would notice.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

OURS = {"ledger", "ingest", "evals", "spanledger"}
type Entry = dict[str, Any]  # a package as uv.lock describes it


def strays(root: Path) -> Iterator[str]:
    """Imports of the server, its demonstration and the SDK that only a development tool brings."""
    lock = {entry["name"]: entry for entry in tomllib.loads((root / "uv.lock").read_text())["package"]}
    server, sdk = lock["spanledger-server"], lock["spanledger"]
    extras = [need for group in server.get("optional-dependencies", {}).values() for need in group]
    runs = closure(lock, server["dependencies"] + extras)
    shows = runs | closure(lock, server["dev-dependencies"]["demo"])
    files = [path for room in ("platform/ledger", "ingest", "evals") for path in sorted((root / room).rglob("*.py"))]
    guests = [path for path in files if "demo" in path.parts]
    yield from beyond(root, [path for path in files if path not in guests], runs)
    yield from beyond(root, guests, shows)
    yield from beyond(root, sorted((root / "sdk" / "src").rglob("*.py")), shows | closure(lock, sdk["dependencies"]))


def closure(lock: dict[str, Entry], needs: Iterable[Entry]) -> set[str]:
    """Everything these requirements bring, and what that brings."""
    found: set[str] = set()
    waiting = list(needs)
    while waiting:
        need = waiting.pop()
        entry = lock[need["name"]]
        more = [] if entry["name"] in found else entry.get("dependencies", [])
        found.add(entry["name"])
        waiting += more + [each for extra in need.get("extra", []) for each in entry["optional-dependencies"][extra]]
    return found


def beyond(root: Path, files: Iterable[Path], brought: set[str]) -> Iterator[str]:
    """Imports whose package is installed here, and would not be there; what is installed nowhere is optional."""
    providers = packages_distributions()
    for file in files:
        for module in sorted(imported(file) - OURS - sys.stdlib_module_names):
            packages = {normal(name) for name in providers.get(module, [])}
            if packages and not packages & brought:
                yield f"{file.relative_to(root)} imports {module}, which only a development tool brings"


def imported(file: Path) -> set[str]:
    """The packages a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
