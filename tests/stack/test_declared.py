"""What the code imports has to be there without the development tools."""

from pathlib import Path

import pytest

from ledger.stack import declared

LOCK = """
[[package]]
name = "spanledger-server"
dependencies = [{ name = "psycopg", extra = ["pool"] }]
[package.optional-dependencies]
embedded = [{ name = "chdb" }]
[package.dev-dependencies]
demo = [{ name = "openai" }]
dev = [{ name = "pytest" }]

[[package]]
name = "psycopg"
dependencies = [{ name = "typing-extensions" }]
[package.optional-dependencies]
pool = [{ name = "psycopg-pool" }]

[[package]]
name = "spanledger"
dependencies = [{ name = "opentelemetry-api" }]

[[package]]
name = "psycopg-pool"
[[package]]
name = "chdb"
[[package]]
name = "openai"
[[package]]
name = "pytest"
[[package]]
name = "typing-extensions"
[[package]]
name = "opentelemetry-api"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "uv.lock").write_text(LOCK)
    return tmp_path


def source(tree: Path, path: str, text: str) -> None:
    file = tree / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_what_only_a_development_tool_brings_is_named(tree: Path) -> None:
    source(tree, "ingest/body.py", "def lazily():\n    import pytest\n")

    assert list(declared.strays(tree)) == ["ingest/body.py imports pytest, which only a development tool brings"]


@pytest.mark.parametrize("module", ["psycopg", "psycopg_pool", "chdb", "typing_extensions", "json", "ledger.domain"])
def test_what_the_server_brings_by_whatever_way_is_fine(tree: Path, module: str) -> None:
    source(tree, "platform/ledger/web/views.py", f"from {module} import something\n")

    assert list(declared.strays(tree)) == []


def test_the_demonstration_may_use_its_own_group_and_the_server_may_not(tree: Path) -> None:
    source(tree, "platform/ledger/demo/trickle.py", "import openai\n")
    source(tree, "platform/ledger/web/views.py", "import openai\n")

    assert list(declared.strays(tree)) == [
        "platform/ledger/web/views.py imports openai, which only a development tool brings"
    ]


def test_what_is_installed_nowhere_is_taken_for_optional(tree: Path) -> None:
    source(tree, "ingest/body.py", "import compression_of_a_later_python\n")

    assert list(declared.strays(tree)) == []
