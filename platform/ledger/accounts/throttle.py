"""Slows down guessing: wrong passwords are counted per account and address."""

import hashlib
from dataclasses import dataclass

from django.core.cache import cache
from django.http import HttpRequest

WINDOW_MINUTES = 5
ALLOWED_FAILURES = 10


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in: at which account, and from where."""

    key: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Attempt":
        """The address is the connection's own: X-Forwarded-For could be made up anew each time."""
        account = request.POST.get("username", "").strip().lower()
        named = f"{account}|{request.META.get('REMOTE_ADDR', '')}"
        return cls(f"sign-in:{hashlib.sha256(named.encode()).hexdigest()}")

    def is_one_too_many(self) -> bool:
        return int(cache.get(self.key, 0)) >= ALLOWED_FAILURES

    def failed(self) -> None:
        if not cache.add(self.key, 1, WINDOW_MINUTES * 60):
            cache.incr(self.key)

    def succeeded(self) -> None:
        cache.delete(self.key)
