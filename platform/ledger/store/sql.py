"""SQL as text: `.sql` files in named blocks, each with a line that says what it is for.

A block begins with `-- name --`. One that looks at all projects at once says so: `-- name (house-wide) --`. Every other
must bind `{project:UUID}`, so that no query can cross the wall between projects by forgetting it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HEAD = re.compile(r"^-- (?P<name>\w+)(?P<wide> \(house-wide\))? --$", re.M)
QUERIES = Path(__file__).parent / "queries"


class BadBlock(ValueError):
    """A block of an .sql file breaks a rule of these files."""

    def __init__(self, file: str, name: str, rule: str) -> None:
        self.file, self.name, self.rule = file, name, rule
        super().__init__(f"{file}, {name}: {rule}")


@dataclass(frozen=True, slots=True)
class Block:
    """One statement, its name and what it is for."""

    name: str
    purpose: str
    text: str
    house_wide: bool


@cache
def queries() -> dict[str, Block]:
    """All named queries of this house."""
    found: dict[str, Block] = {}
    for path in sorted(QUERIES.glob("*.sql")):
        for block in blocks(path):
            if block.name in found:
                raise BadBlock(path.name, block.name, "another query has this name")
            found[block.name] = walled(path, block)
    return found


def blocks(path: Path) -> Iterator[Block]:
    """The blocks of one file in their order."""
    text = path.read_text()
    heads = list(HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    for head, end in zip(heads, ends, strict=True):
        yield block(path, head, text[head.end() : end].strip())


def block(path: Path, head: re.Match[str], body: str) -> Block:
    lines = body.splitlines()
    code = next((at for at, line in enumerate(lines) if not line.startswith("--")), len(lines))
    purpose = " ".join(line.removeprefix("--").strip() for line in lines[:code])
    if not purpose:
        raise BadBlock(path.name, head["name"], "begin it with a comment that says what it is for")
    statement = "\n".join(lines[code:]).strip().removesuffix(";")
    return Block(head["name"], purpose, statement, house_wide=head["wide"] is not None)


def walled(path: Path, block: Block) -> Block:
    if not block.house_wide and "{project:UUID}" not in block.text:
        raise BadBlock(path.name, block.name, "bind {project:UUID}, or mark it as (house-wide)")
    return block
