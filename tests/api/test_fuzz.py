"""Whatever is asked, the answer is a figure or a reason, never a fault of ours."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.domain.questions import DIMENSIONS, MEASURES

NASTY = st.sampled_from(
    [
        "",
        "\0",
        "'",
        "' OR 1=1 --",
        "{x:String}",
        "%(x)s",
        "{0.__class__}",
        "..%2f..",
        "\\",
        "`",
        "null",
        "NaN",
        "-0",
        "1e400",
        "9" * 40,
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59+14:00",
        "2026-11-01",
        "ключ",
        "\U0001f600",
        ":::",
        "tag.",
        "tag." + "x" * 2000,
        "score.",
        "score.'",
        "model:in:a,b,%2C",
        "cost:>:1e308",
        "duration_ms:<:-5",
        ",".join(MEASURES),
        ",".join(DIMENSIONS[:6]),
        "tag.a'b,tag.`c`",
    ]
)
WORDS = NASTY | st.sampled_from([*MEASURES, *DIMENSIONS, "hour", "minute", "start", "cost"]) | st.text(max_size=30)
ENDPOINTS = {
    "/metrics": ("measures", "by", "interval", "filter", "from", "to", "limit"),
    "/traces": ("q", "sort", "filter", "from", "to", "limit", "cursor"),
    "/routes": ("filter", "from", "to", "limit", "cursor"),
    "/models": ("filter", "from", "to", "limit", "cursor"),
    "/prices": ("provider", "model", "at", "limit", "cursor"),
}


@pytest.mark.parametrize("path", ENDPOINTS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_parameter_makes_the_api_fail(path, data, ask, trace):
    base = {"measures": "calls,cost,score.answered"} if path == "/metrics" else {}
    asked = base | data.draw(st.dictionaries(st.sampled_from(ENDPOINTS[path]), WORDS, max_size=3))
    query = urlencode({name: value.encode("utf-8", "replace") for name, value in asked.items()})

    status, answer = ask(f"{path}?{query}")

    assert status in {200, 400}, answer
    assert status == 200 or any(name in answer["error"]["message"] for name in asked), answer


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES.filter(lambda text: text not in {".", ".."}))
def test_no_name_of_a_trace_makes_the_api_fail(name, ask, trace):
    status, _ = ask(f"/traces/{quote(name, safe='')}")

    assert status == 404
