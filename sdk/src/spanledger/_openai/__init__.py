"""Own thin instrumentation of the `openai` client: chat, responses, embeddings; whole or streamed, sync or async."""

from collections.abc import Callable, Mapping
from types import ModuleType

from spanledger._openai.chat import CHAT
from spanledger._openai.embeddings import EMBEDDINGS
from spanledger._openai.endpoint import Endpoint
from spanledger._openai.responses import RESPONSES
from spanledger._openai.wrapping import wrap_async, wrap_sync

METHODS = ("create", "parse")


class LeftToAnother(Exception):
    """Another instrumentor has wrapped this client already."""

    def __init__(self, owner: type) -> None:
        super().__init__(f"{owner.__name__} is instrumented already by another library")


def patch_chat(module: ModuleType) -> None:
    instrument(CHAT, module.Completions, module.AsyncCompletions)


def patch_responses(module: ModuleType) -> None:
    instrument(RESPONSES, module.Responses, module.AsyncResponses)


def patch_embeddings(module: ModuleType) -> None:
    instrument(EMBEDDINGS, module.Embeddings, module.AsyncEmbeddings)


def instrument(endpoint: Endpoint, sync_owner: type, async_owner: type) -> None:
    for owner, wrap in ((sync_owner, wrap_sync), (async_owner, wrap_async)):
        for method in METHODS:
            if method in vars(owner):
                refuse_wrapped(owner, method)
                setattr(owner, method, wrap(endpoint, vars(owner)[method]))


def refuse_wrapped(owner: type, method: str) -> None:
    """Instrumentors wrap with wrapt, whose wrappers carry this attribute."""
    if hasattr(vars(owner)[method], "_self_wrapper"):
        raise LeftToAnother(owner)


PATCHES: Mapping[str, Callable[[ModuleType], None]] = {
    "openai.resources.chat.completions.completions": patch_chat,
    "openai.resources.responses.responses": patch_responses,
    "openai.resources.embeddings": patch_embeddings,
}
