import pytest

from evals.results import Number


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_cannot_be_averaged_is_no_score(value):
    with pytest.raises(ValueError, match="can be averaged"):
        Number(value, reason="")
