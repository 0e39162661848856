"""Our own SDK, and the plain words that any program may put on a span."""

from collections.abc import Mapping

from ingest.conventions.convention import Convention, kind_of, pairs
from ingest.conventions.sent import Sent
from ingest.conventions.values import Read, as_content, as_number, text
from ledger.domain.span import KINDS, Kind

TAG = "spanledger.tag."
KIND_WORDS: dict[str, Kind] = {kind: kind for kind in KINDS}


def tags(sent: Sent) -> Mapping[str, str] | None:
    own = {key.removeprefix(TAG): value for key, value in sent.attributes.items() if key.startswith(TAG)}
    return pairs(own) or None


def weight(sent: Sent) -> float | None:
    """How many spans stand behind this one: one over the share that the client kept."""
    for key in ("spanledger.sampling.rate", "spanledger.sampling"):
        rate = as_number(sent.attributes.get(key))
        if rate is not None and 0 < rate <= 1:
            return 1 / rate
    return None


def content(key: str) -> Read[str]:
    def read(sent: Sent) -> str | None:
        return as_content(sent.attributes.get(key)) or None

    return read


SPANLEDGER = Convention(
    name="spanledger",
    keys=("spanledger.",),
    kind=kind_of(KIND_WORDS, text("spanledger.kind")),
    operation=text("spanledger.operation"),
    route=text("spanledger.route"),
    session_id=text("spanledger.session"),
    user_id=text("spanledger.user"),
    customer=text("spanledger.customer"),
    environment=text("spanledger.environment"),
    release=text("spanledger.release"),
    prompt=text("spanledger.prompt"),
    agent=text("spanledger.agent"),
    tool=text("spanledger.tool"),
    tier=text("spanledger.tier"),
    region=text("spanledger.region"),
    variant=text("spanledger.variant"),
    tags=tags,
    weight=weight,
    input=content("spanledger.input"),
    output=content("spanledger.output"),
    content=("spanledger.input", "spanledger.output"),
)

PLAIN = Convention(
    name="plain",
    keys=(
        "app.route",
        "route",
        "session.id",
        "user.id",
        "enduser.id",
        "customer.id",
        "tenant.id",
        "cloud.region",
        "deployment.",
        "service.",
        "server.",
    ),
    route=text("app.route", "route"),
    session_id=text("session.id"),
    user_id=text("user.id", "enduser.id"),
    customer=text("customer.id", "tenant.id"),
    environment=text("deployment.environment.name", "deployment.environment"),
    release=text("service.version"),
    region=text("cloud.region"),
)
