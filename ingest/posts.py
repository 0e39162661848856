"""What is posted as JSON arrays beside OTLP: scores, outcomes and charges, all taken in the same way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest import charges, outcomes, scores
from ingest.batch import Batch, Part
from ingest.cursor import Body
from ingest.door import Door
from ingest.elements import Elements
from ingest.held import Held
from ingest.keys import Access
from ingest.redaction.redactor import Redactor
from ledger.store.told import STEP

REDACTION_FAILED = "redaction_failed"
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Post:
    """How one kind of element is read, redacted and put into the spool. Any: each knows its own elements."""

    read: Callable[[Body], Elements[Any]]
    redacted: Callable[[Any, Redactor], Any]
    part_of: Callable[[Sequence[Any], int], Part]


POSTS: Mapping[str, Post] = {
    "scores": Post(scores.scores, scores.redacted, scores.part_of),
    "outcomes": Post(outcomes.outcomes, outcomes.redacted, outcomes.part_of),
    "charges": Post(charges.charges, charges.redacted, charges.part_of),
}


async def take(door: Door, access: Access, kind: str, held: Held) -> Mapping[str, object]:
    """The answer; what is good is on disk when it is given, and what is not is listed."""
    post, redactor = POSTS[kind], door.redactor(access)
    found = await door.read(held, post.read)
    redacted = [post.redacted(one, redactor) for one in found.taken]
    kept = [one for one in redacted if one is not None]
    noted = rejections(kind, found, len(redacted) - len(kept), redactor)
    if kept or noted:
        at = door.clock.take(STEP * len(kept))
        parts = [post.part_of(kept, at)] if kept else []
        await door.append(Batch(access.project, access.key_id, at, parts, noted=noted))
    door.metrics.posted[kind] += len(kept)
    door.metrics.refused.update({(kind, reason): len(samples) for reason, samples in noted.items()})
    door.metrics.redaction_failed += redactor.failed
    return answer(len(kept), found)


def rejections(kind: str, found: Elements[Any], unredacted: int, redactor: Redactor) -> dict[str, list[str]]:
    """What the rejected list is to say, by reason."""
    noted: dict[str, list[str]] = {}
    if found.wrong:
        samples = [redactor.sample(f"element {wrong.element}: {wrong.message}") for wrong in found.wrong]
        noted[f"malformed_{kind.removesuffix('s')}"] = samples
    if unredacted:
        noted[f"{kind.removesuffix('s')}_{REDACTION_FAILED}"] = [f"a session's {kind}"] * unredacted
    return noted


def answer(accepted: int, found: Elements[Any]) -> Mapping[str, object]:
    """How many were taken, and the first of those that were not."""
    if not found.wrong:
        return {"accepted": accepted}
    errors = [{"element": wrong.element, "message": wrong.message} for wrong in found.wrong[:SHOWN]]
    return {"accepted": accepted, "rejected": len(found.wrong), "errors": errors}
