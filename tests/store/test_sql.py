from pathlib import Path

import pytest

from ledger.store.sql import BadBlock, Block, blocks, queries, walled


def written(folder: Path, text: str) -> Path:
    path = folder / "some.sql"
    path.write_text(text)
    return path


class TestBlocks:
    def test_a_file_is_a_row_of_named_statements_with_their_purpose(self, tmp_path: Path) -> None:
        text = "-- one --\n-- For this,\n-- in two lines.\nSELECT 1;\n\n-- two (house-wide) --\n-- More.\nSELECT\n  2\n"

        assert list(blocks(written(tmp_path, text))) == [
            Block("one", "For this, in two lines.", "SELECT 1", house_wide=False),
            Block("two", "More.", "SELECT\n  2", house_wide=True),
        ]

    def test_a_block_that_does_not_say_what_it_is_for_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadBlock, match="what it is for"):
            list(blocks(written(tmp_path, "-- one --\nSELECT 1\n")))

    def test_a_query_that_does_not_bind_its_project_is_refused(self, tmp_path: Path) -> None:
        block = Block("one", "Reads.", "SELECT 1", house_wide=False)

        with pytest.raises(BadBlock, match="project"):
            walled(tmp_path / "some.sql", block)


def test_every_query_of_this_house_keeps_the_rules() -> None:
    assert all(block.house_wide or "{project:UUID}" in block.text for block in queries().values())
