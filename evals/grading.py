"""Grading: a suite's metrics on generations, as scores."""

import hashlib
import logging
from collections.abc import Iterator

from evals.evaluators import Evaluator
from evals.results import Assertion, Label, Number, Result
from evals.suite import Suite
from ledger.domain.generation import Generation
from ledger.domain.score import Score

LONGEST_REASON = 1000

log = logging.getLogger(__name__)


def grade(suite: Suite, generation: Generation) -> Iterator[Score]:
    """One score a metric that has something to say; grading again gives the same ids, so it replaces."""
    for metric in suite.metrics:
        result = judged(metric.evaluator, generation)
        if result is not None:
            yield score_of(suite, metric.evaluator, generation, result)


def judged(evaluator: Evaluator, generation: Generation) -> Result | None:
    """What the evaluator says; one that breaks on an answer says nothing, and doesn't keep the others from theirs."""
    try:
        return evaluator.judge(generation)
    except Exception:
        log.exception("%s failed on span %s of trace %s", evaluator.name, generation.span_id, generation.trace_id)
        return None


def score_of(suite: Suite, evaluator: Evaluator, generation: Generation, result: Result) -> Score:
    return Score(
        id=score_id(suite, evaluator, generation),
        trace_id=generation.trace_id,
        span_id=generation.span_id,
        name=evaluator.name,
        value=value_of(result),
        label=result.text if isinstance(result, Label) else "",
        reason=result.reason[:LONGEST_REASON],
        source="code",
        evaluator_version=evaluator.versioned,
        timestamp=generation.start,
    )


def value_of(result: Result) -> float | None:
    match result:
        case Assertion(holds):
            return float(holds)
        case Number(value):
            return value
        case Label():
            return None


def score_id(suite: Suite, evaluator: Evaluator, generation: Generation) -> str:
    """The same for the same question about the same span, so that a repeated run replaces its answers."""
    question = f"{suite.name}|{evaluator.versioned}|{generation.trace_id}|{generation.span_id}"
    return hashlib.sha256(question.encode()).hexdigest()[:32]
