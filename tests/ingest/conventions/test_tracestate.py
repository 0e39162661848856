import pytest

from ingest.conventions.tracestate import weight_of


@pytest.mark.parametrize(
    ("state", "weight"),
    [
        ("", 1.0),
        ("vendor=1", 1.0),
        ("ot=th:0", 1.0),
        ("ot=th:8", 2.0),
        ("ot=th:c", 4.0),
        ("ot=rv:abcdef;th:c", 4.0),
        ("vendor=th:c,ot=th:8", 2.0),
        ("ot=th:zz", 1.0),
        ("ot=th:ffffffffffffff", float(1 << 56)),
    ],
)
def test_the_threshold_tells_how_many_stand_behind_one(state: str, weight: float) -> None:
    assert weight_of(state) == weight
