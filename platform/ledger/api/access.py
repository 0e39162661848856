"""Who asks, and what they may: an API key or the session of a signed-in user."""

import base64
import binascii
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import AuthenticationError, AuthorizationError
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from ledger.accounts.models import ApiKey, Project
from ledger.domain.keys import Scope


@dataclass(frozen=True, slots=True)
class Access:
    """The one project a request may look at, what it may do there, and by what name history remembers who did it."""

    project: Project
    scopes: frozenset[str]
    who: str


class ApiRequest(HttpRequest):
    """A request that was let in."""

    auth: Access


class Needs(AuthBase):
    """Lets in who has the scope: 401 for strangers, 403 for those who may do less."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_name = "API key"

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> Access:
        access = by_key(request) if has_key(request) else by_session(request)
        if access is None:
            raise AuthenticationError
        if self.scope not in access.scopes:
            raise AuthorizationError(message=f"This needs the scope {self.scope}.")
        return access


def has_key(request: HttpRequest) -> bool:
    return "Authorization" in request.headers or "x-api-key" in request.headers


def by_key(request: HttpRequest) -> Access | None:
    """A key that isn't good is not made good by a session beside it."""
    now = timezone.now()
    key = ApiKey.presented(presented_key(request), now)
    if key is None:
        return None
    key.note_use(now)
    return Access(key.project, key.scopes, f"{key} ({key.name})")


def presented_key(request: HttpRequest) -> str:
    """The text given as a key: `x-api-key`, or `Authorization` as Bearer, Basic (as its password) or alone."""
    scheme, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        return password(rest.strip())
    return scheme or request.headers.get("x-api-key", "").strip()


def password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def by_session(request: HttpRequest) -> Access | None:
    membership = getattr(request, "membership", None)
    if membership is None:
        return None
    if check_csrf(request) is not None:
        raise AuthorizationError(message="The page's form is too old.")
    return Access(membership.project, membership.scopes, membership.user.email)
