"""Results as a table on standard output and as a file under bench-results."""

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def report(name: str, rows: Sequence[Mapping[str, object]], about: Mapping[str, object], folder: Path) -> None:
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(
        json.dumps({"at": when, **machine, **about, "rows": rows}, indent=2, default=str)
    )
    print(f"{name}: {about} on {machine}")
    for row in rows:
        print("  ".join(f"{key} {shown(value)}" for key, value in row.items()))


def shown(value: object) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value)
