"""Google's Agent Development Kit: OpenTelemetry's names, and whole requests and answers as JSON beside them."""

from collections.abc import Iterable

from ingest.conventions.convention import Convention
from ingest.conventions.sent import Sent
from ingest.conventions.values import Read, as_content, text

OWN = "gcp.vertex.agent."
EMPTY = ("", "{}", "N/A", "<not serializable>")
"""What stands there where recording content is off."""


def content(names: Iterable[str]) -> Read[str]:
    keys = tuple(OWN + name for name in names)

    def read(sent: Sent) -> str | None:
        found = (as_content(sent.attributes.get(key)) for key in keys)
        return next((said for said in found if said not in EMPTY), None)

    return read


ASKED, ANSWERED = ("llm_request", "tool_call_args", "data"), ("llm_response", "tool_response")

GOOGLE_ADK = Convention(
    name="google_adk",
    keys=(OWN,),
    session_id=text(f"{OWN}session_id"),
    input=content(ASKED),
    output=content(ANSWERED),
    content=tuple(OWN + name for name in ASKED + ANSWERED),
)
