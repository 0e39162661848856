"""Every model call of your program in the ledger: what it cost, whether it worked, how good it was.

    import spanledger

    spanledger.init()  # SPANLEDGER_ENDPOINT and SPANLEDGER_API_KEY

    @spanledger.trace(route="support.refunds")
    def answer(question: str) -> str: ...

Nothing here raises into your program, blocks it on the network, or holds more than 64 MiB of it.
"""

from spanledger._init import init
from spanledger._runtime import flush, shutdown
from spanledger._scores import Source, score
from spanledger._sender import Flushed
from spanledger._tags import tag
from spanledger._tracing import Kind, Scope, Step, span, trace
from spanledger._version import VERSION as __version__

__all__ = [
    "Flushed",
    "Kind",
    "Scope",
    "Source",
    "Step",
    "__version__",
    "flush",
    "init",
    "score",
    "shutdown",
    "span",
    "tag",
    "trace",
]
