"""`gen_ai.evaluation.result`: what an evaluator said about a call, as a score."""

import hashlib
from collections.abc import Mapping

from ingest.checked import is_id
from ingest.conventions.values import as_json, as_number, as_object, as_text
from ingest.logs_wire import LogRecord
from ingest.records import NO_NAME, NO_RESULT, OF_NOTHING
from ledger.domain.evaluation import Evaluation
from ledger.domain.score import Score, Source
from ledger.domain.span import Value

RESULT = "gen_ai.evaluation.result"

ANNOTATORS: dict[str, Source] = {"human": "human", "llm": "judge", "model": "judge", "code": "code"}
KIND = ("gen_ai.evaluation.annotator_kind", "gen_ai.evaluation.source", "annotator_kind")
OF_JUDGES = ("gen_ai.request.model", "gen_ai.response.model", "gen_ai.evaluation.model")
"""An evaluation that names a model of its own, or tokens, was made by one."""

NAME_LENGTH, REASON_LENGTH = 256, 65_536


def evaluation(record: LogRecord) -> Evaluation | str:
    """The score of a record, or the reason why it is none.

    Without a time of its own it has that of its span. Its id is the same however often it is sent.
    """
    held = {**as_object(record.body), **record.attributes}
    name = as_text(held.get("gen_ai.evaluation.name"))
    value = as_number(held.get("gen_ai.evaluation.score.value"))
    label = as_text(held.get("gen_ai.evaluation.score.label"))
    trouble = as_text(held.get("error.type"))
    trace_id, span_id, response_id = whose(record, held)
    if not name:
        return NO_NAME
    if value is None and not label and not trouble:
        return NO_RESULT
    if not trace_id and not response_id:
        return OF_NOTHING
    score = Score(
        trace_id=trace_id,
        span_id=span_id,
        name=name[:NAME_LENGTH],
        value=value,
        label=label[:NAME_LENGTH],
        reason=(as_text(held.get("gen_ai.evaluation.explanation")) or failed(trouble))[:REASON_LENGTH],
        source=source(held),
        evaluator_version=as_text(held.get("gen_ai.evaluation.version"))[:NAME_LENGTH],
        id=identity(record, name, value, label, response_id),
    )
    return Evaluation(response_id, score)


def whose(record: LogRecord, held: Mapping[str, Value]) -> tuple[str, str, str]:
    """Trace and span in whose context the record was sent, else the response id of the call, else the trace alone."""
    of_trace = is_id(record.trace_id, 32)
    if of_trace and is_id(record.span_id, 16):
        return record.trace_id, record.span_id, ""
    response_id = as_text(held.get("gen_ai.response.id"))[:NAME_LENGTH]
    return record.trace_id if of_trace and not response_id else "", "", response_id


def failed(trouble: str) -> str:
    return f"The evaluator failed: {trouble}." if trouble else ""


def source(held: Mapping[str, Value]) -> Source:
    """Who judged: as said, else a model where the record tells of one, else code."""
    said = next((as_text(held[key]).lower() for key in KIND if key in held), "")
    if said in ANNOTATORS:
        return ANNOTATORS[said]
    told = any(key in held for key in OF_JUDGES) or any(key.startswith("gen_ai.usage.") for key in held)
    return "judge" if told else "code"


def identity(record: LogRecord, *told: object) -> str:
    """Out of whose it is, when it was said and what; the same record again has the same."""
    text = as_json([record.trace_id, record.span_id, record.time, *told])
    return f"otlp-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:32]}"
