"""Every model call of your program in the ledger: what it cost, how it ended and what that was worth.

    import spanledger

    spanledger.init()  # SPANLEDGER_ENDPOINT and SPANLEDGER_API_KEY

    @spanledger.trace(route="support.refunds")
    def answer(question: str) -> str: ...

Nothing here raises into your program, blocks it on the network, or holds more than 64 MiB of it.
"""

from spanledger._charges import charge
from spanledger._init import init
from spanledger._outcomes import outcome
from spanledger._runtime import flush, shutdown
from spanledger._scores import Source, score
from spanledger._sender import Flushed
from spanledger._subject import Money
from spanledger._tags import tag
from spanledger._tracing import Kind, Scope, Step, span, trace
from spanledger._version import VERSION as __version__

__all__ = [
    "Flushed",
    "Kind",
    "Money",
    "Scope",
    "Source",
    "Step",
    "__version__",
    "charge",
    "flush",
    "init",
    "outcome",
    "score",
    "shutdown",
    "span",
    "tag",
    "trace",
]
