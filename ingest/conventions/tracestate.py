"""Sampling that OpenTelemetry's samplers state in the trace state: `ot=th:…` is the share of traces thrown away."""

import re

THRESHOLD = re.compile(r"(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?=[;,\s]|$)")
FULL = 1 << 56


def weight_of(trace_state: str) -> float:
    """How many spans stand behind one: the rejection threshold is a fraction of 2^56, its trailing zeros left out."""
    found = THRESHOLD.search(trace_state) if "th:" in trace_state else None
    if found is None:
        return 1.0
    return FULL / (FULL - int(found[1].ljust(14, "0"), 16))
