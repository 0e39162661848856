"""What real clients sent, stored and settled, reads the same again: nothing that was read from is lost on the way."""

from dataclasses import replace

import pytest

from ingest import otlp, otlp_json
from ingest.checked import Rejected
from ingest.conventions.table import read
from ledger.audit.rereading import reread
from ledger.domain.span import Span
from ledger.store.rereading import Window
from tests.ingest.captured import COMBINATIONS, Captured, Combination
from tests.settle.house import House


def spans_of(request: Captured) -> list[Span]:
    reader = otlp_json.spans if request.content_type == "application/json" else otlp.spans
    return [read(one) for one in reader(request.decoded) if not isinstance(one, Rejected)]


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda combination: str(combination.name))
def test_a_captured_client_has_nothing_to_correct(combination: Combination, house: House) -> None:
    spans = [replace(span, mapping_version=0) for request in combination.traces for span in spans_of(request)]
    house.arrive(*spans)
    house.settle()
    before = house.ledger()
    since, until = min(span.start for span in spans), max(span.start for span in spans) + 1

    progress = list(reread(house.store, Window(since, until), house.project))

    assert sum(one.read for one in progress) == len(spans)
    assert sum(one.corrected + one.lost for one in progress) == 0
    assert house.ledger() == before
