"""The captured requests of real clients in tests/corpus."""

import gzip
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[1] / "corpus"


@dataclass(frozen=True)
class Captured:
    """One request as it went over the wire."""

    path: str
    content_type: str
    encoding: str
    body: bytes

    @property
    def decoded(self) -> bytes:
        return gzip.decompress(self.body) if self.encoding == "gzip" else self.body


@dataclass(frozen=True)
class Combination:
    """One client with its instrumentor, and what is true of what it sent."""

    name: str

    @cached_property
    def expected(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((CORPUS / self.name / "expected.json").read_text())
        return found

    @cached_property
    def requests(self) -> list[Captured]:
        return [request(path) for path in sorted((CORPUS / self.name).glob("*.headers.json"))]

    @property
    def traces(self) -> list[Captured]:
        return [one for one in self.requests if one.path.endswith("/v1/traces")]


def request(path: Path) -> Captured:
    told = json.loads(path.read_text())
    headers = {name.lower(): value for name, value in told["headers"]}
    body = path.with_name(path.name.replace(".headers.json", ".bin")).read_bytes()
    return Captured(told["path"], headers["content-type"], headers.get("content-encoding", ""), body)


COMBINATIONS = [Combination(path.parent.name) for path in sorted(CORPUS.glob("*/expected.json"))]
