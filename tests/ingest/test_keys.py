import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from ingest.errors import MissingScope, NoKey, TryLater
from ingest.keys import Access, KeyRing, KeyRow, KeysUnavailable, presented
from ingest.lookups import PAUSE, WAITING
from ledger.domain.keys import ApiKey, KeyKind, digest, new_key

PEPPER = "pepper"
PROJECT = uuid4()


@dataclass
class Accounts:
    """A table of keys that counts how often it is asked, and can be away; and a clock."""

    rows: dict[str, KeyRow] = field(default_factory=dict)
    asked: int = 0
    away: bool = False
    now: float = 0.0

    async def find(self, public_ids: Sequence[str]) -> dict[str, KeyRow]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise KeysUnavailable("away")
        return {public_id: self.rows[public_id] for public_id in public_ids if public_id in self.rows}

    def add(self, kind: KeyKind = "ingest", **columns: datetime) -> ApiKey:
        key = new_key(kind)
        row = {"expires_at": None, "revoked_at": None} | columns
        self.rows[key.id] = KeyRow(kind, digest(key, PEPPER), PROJECT, row["expires_at"], row["revoked_at"])
        return key

    def ring(self) -> KeyRing:
        return KeyRing(self.find, PEPPER, lambda: self.now)


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def admit(ring: KeyRing, text: str) -> Access:
    return asyncio.run(ring.admit({"authorization": f"Bearer {text}"}, "ingest"))


class TestAdmission:
    @pytest.mark.parametrize("kind", ["ingest", "admin"])
    def test_a_good_key_opens_its_project(self, accounts: Accounts, kind: KeyKind) -> None:
        key = accounts.add(kind)

        assert admit(accounts.ring(), key.text) == Access(PROJECT, key.id)

    def test_a_read_key_may_not_write(self, accounts: Accounts) -> None:
        with pytest.raises(MissingScope):
            admit(accounts.ring(), accounts.add("read").text)

    def test_an_unknown_key_is_none(self, accounts: Accounts) -> None:
        with pytest.raises(NoKey):
            admit(accounts.ring(), new_key("ingest").text)

    @pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
    def test_an_expired_or_revoked_key_is_none(self, accounts: Accounts, column: str) -> None:
        key = accounts.add(**{column: datetime.now(UTC) - timedelta(seconds=1)})

        with pytest.raises(NoKey):
            admit(accounts.ring(), key.text)

    def test_the_id_alone_opens_nothing(self, accounts: Accounts) -> None:
        known, forged = accounts.add(), new_key("ingest")
        accounts.rows[forged.id] = accounts.rows[known.id]

        with pytest.raises(NoKey):
            admit(accounts.ring(), forged.text)

    @pytest.mark.parametrize(
        "text", ["", "sk-' OR 1=1--", "x" * 1_000_000, "sl_ingest_\0", "sl_ingest_ä", "sl_admin_a_b_c"]
    )
    def test_what_can_be_no_key_costs_no_question(self, accounts: Accounts, text: str) -> None:
        with pytest.raises(NoKey):
            admit(accounts.ring(), text)

        assert accounts.asked == 0


class TestMemory:
    def test_a_key_is_asked_for_once_a_minute(self, accounts: Accounts) -> None:
        key, ring = accounts.add(), accounts.ring()
        for accounts.now in (0, 30, 59):
            admit(ring, key.text)
        assert accounts.asked == 1

        accounts.now = 61
        admit(ring, key.text)

        assert accounts.asked == 2

    def test_a_revoked_key_is_refused_within_a_minute(self, accounts: Accounts) -> None:
        key, ring = accounts.add(), accounts.ring()
        admit(ring, key.text)
        row = accounts.rows[key.id]
        accounts.rows[key.id] = KeyRow(row.kind, row.digest, row.project, None, datetime.now(UTC))

        accounts.now = 61

        with pytest.raises(NoKey):
            admit(ring, key.text)

    def test_a_bad_key_that_comes_again_and_again_is_asked_for_once(self, accounts: Accounts) -> None:
        ring, key = accounts.ring(), new_key("ingest")
        for _ in range(100):
            with pytest.raises(NoKey):
                admit(ring, key.text)

        assert accounts.asked == 1

    def test_many_requests_at_once_ask_once(self, accounts: Accounts) -> None:
        key, ring = accounts.add(), accounts.ring()

        async def all_at_once() -> None:
            await asyncio.gather(*(ring.admit({"x-api-key": key.text}, "ingest") for _ in range(50)))

        asyncio.run(all_at_once())

        assert accounts.asked == 1


async def refused(ring: KeyRing, number: int) -> None:
    """As many keys that there are not, at once."""
    asking = [ring.admit({"x-api-key": new_key("ingest").text}, "ingest") for _ in range(number)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(one) for one in answers} == {NoKey}


class TestManyUnknownKeys:
    def test_they_share_their_questions(self, accounts: Accounts) -> None:
        ring = accounts.ring()

        asyncio.run(refused(ring, 10_050))

        # The first alone, and all that came while it was out: a thousand at a time.
        assert accounts.asked <= 12

    def test_their_number_in_memory_is_bounded(self, accounts: Accounts) -> None:
        ring = accounts.ring()

        asyncio.run(refused(ring, 10_050))

        assert len(ring.unknown) == 10_000

    def test_a_good_key_gets_in_among_them_and_stays_known(self, accounts: Accounts) -> None:
        key, ring = accounts.add(), accounts.ring()

        async def crowd() -> Access:
            strangers = asyncio.ensure_future(refused(ring, 3000))
            access = await ring.admit({"x-api-key": key.text}, "ingest")
            await strangers
            return access

        assert asyncio.run(crowd()).key_id == key.id
        asyncio.run(refused(ring, 10_050))
        before = accounts.asked
        assert admit(ring, key.text).key_id == key.id
        assert accounts.asked == before

    def test_questions_keep_their_distance(self, accounts: Accounts) -> None:
        times: list[float] = []

        async def find(public_ids: Sequence[str]) -> dict[str, KeyRow]:
            times.append(asyncio.get_running_loop().time())
            return {}

        asyncio.run(refused(KeyRing(find, PEPPER), 2500))

        assert all(later - earlier > 0.9 * PAUSE for earlier, later in pairwise(times))
        assert len(times) <= 4

    def test_more_than_may_wait_are_told_to_come_again(self, accounts: Accounts) -> None:
        ring = accounts.ring()

        async def crowd() -> None:
            answer: asyncio.Future[KeyRow | None] = asyncio.get_running_loop().create_future()
            ring.lookups.waiting = dict.fromkeys(map(str, range(WAITING)), answer)
            with pytest.raises(TryLater):
                await ring.admit({"x-api-key": new_key("ingest").text}, "ingest")

        asyncio.run(crowd())

        assert accounts.asked == 0


class TestWithoutPostgres:
    def test_a_key_that_was_good_goes_on_for_ten_minutes(self, accounts: Accounts) -> None:
        key, ring = accounts.add(), accounts.ring()
        admit(ring, key.text)
        accounts.away, accounts.now = True, 599

        assert admit(ring, key.text).project == PROJECT

        accounts.now = 601
        with pytest.raises(TryLater):
            admit(ring, key.text)

    def test_a_key_that_was_never_seen_is_told_to_come_again(self, accounts: Accounts) -> None:
        accounts.away = True

        with pytest.raises(TryLater):
            admit(accounts.ring(), accounts.add().text)

    def test_what_can_be_no_key_is_refused_all_the_same(self, accounts: Accounts) -> None:
        accounts.away = True

        with pytest.raises(NoKey):
            admit(accounts.ring(), "nonsense")


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer KEY"},
        {"authorization": "bearer  KEY "},
        {"authorization": "Basic " + base64.b64encode(b"pk-anything:KEY").decode()},
        {"authorization": "KEY"},
        {"x-api-key": "KEY"},
        {"api_key": "KEY"},
    ],
)
def test_a_key_comes_in_any_of_these_forms(headers: dict[str, str]) -> None:
    assert presented(headers) == "KEY"


@pytest.mark.parametrize(
    "said", ["Basic !!!", "Basic", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer", ""]
)
def test_a_broken_header_holds_no_key(said: str) -> None:
    assert presented({"authorization": said}) in ("", "Bearer", "Basic")
