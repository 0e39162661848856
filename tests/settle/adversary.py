"""Traffic that is hard to count, with its truth beside it.

A profile is a deployment that somebody may well have: which instrumentors report a call, what each leaves out, and what
the tasks are like. `traffic` plays tasks of a profile and gives every span that is sent for them, and every call that
was really made. The same seed gives the same traffic. `multiplied` makes a bench of it inside the store.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

from ledger.domain.prices import Price, Rates, Tier
from ledger.domain.span import Span
from ledger.domain.usage import Usage
from ledger.store.client import Store

MILLISECOND = 1_000
SECOND = 1_000_000
BASE = int(datetime(2026, 11, 1, 23, 40, tzinfo=UTC).timestamp()) * SECOND
"""Twenty minutes later an hour ends, and a day."""
SPREAD = 2_400 * SECOND
"""The tasks begin in this time."""
HOUR = 3_600
PROVIDER = "testai"
LOG_OF_PARENT = "log_of_parent"
FAILURES = {
    "rate_limit": ("RateLimitError", "openai.RateLimitError", "429"),
    "timeout": ("APITimeoutError", "httpx.ReadTimeout", "timeout"),
    "provider_error": ("InternalServerError", "openai.InternalServerError", "500"),
}
"""Each failure as different instrumentors spell it."""


class Charge(NamedTuple):
    """USD for a million tokens of each class."""

    input: Decimal
    cache_read: Decimal
    cache_write: Decimal
    output: Decimal

    @property
    def rates(self) -> Rates:
        return Rates(**self._asdict())

    def of(self, usage: Usage) -> Decimal:
        """What these tokens cost: worked out here once more, on purpose."""
        pairs = zip(self, (usage.input, usage.cache_read, usage.cache_write, usage.output), strict=True)
        return sum((rate * (tokens or 0) for rate, tokens in pairs), Decimal(0)) / 1_000_000


@dataclass(frozen=True, slots=True)
class Model:
    """A model under the name that is asked for and the name that answers, and what it costs."""

    asked: str
    answers: str
    charge: Charge
    above: int = 0
    dearer: Charge | None = None
    """What every token costs in a call that is longer."""

    def cost(self, usage: Usage) -> Decimal | None:
        if usage.unknown:
            return None
        longer = self.dearer and usage.context > self.above
        return (self.dearer if longer and self.dearer else self.charge).of(usage)

    def price(self, project: UUID) -> Price:
        """For the name alone and for the name with a date, and for no longer name that begins alike."""
        return Price(
            id=f"{PROVIDER}/{self.asked}",
            provider=PROVIDER,
            model=self.asked,
            pattern={"regex": rf"^{self.asked}(-\d{{4}}-\d\d-\d\d)?$"},
            rates=self.charge.rates,
            tiers=(Tier(self.above, self.dearer.rates),) if self.dearer else (),
            source="project",
            project_id=project,
        )


def charge(*dollars: str) -> Charge:
    return Charge(*map(Decimal, dollars))


LARGE = Model("large", "large-2026-08-06", charge("2.5", "0.25", "3.125", "10"))
SMALL = Model("large-mini", "large-mini-2026-07-18", charge("0.15", "0.075", "0.1875", "0.6"))
LONG = Model(
    "long", "long-2026-02-11", charge("3", "0.3", "3.75", "15"), above=3_000, dearer=charge("6", "0.6", "7.5", "22.5")
)
MODELS = (LARGE, SMALL, LONG)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was really made to a model, and what its provider will bill."""

    model: str
    usage: Usage
    failed: bool
    weight: float
    route: str
    cost: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrumentor:
    """One that reports calls: where its span lies, and what it leaves out."""

    scope: str
    place: Literal["inside", "beside", "alone"] = "inside"
    """Inside the report around it, beside that one, or alone in a trace of its own."""
    ids: bool = True
    ids_of_streams: bool = True
    usage: bool = True
    usage_of_streams: bool = True
    splits_cache: bool = True
    dated: bool = True
    provider: bool = True
    invents_ids: bool = False
    """Gives a failed call an id of its own making."""
    service: str = ""
    """The process it runs in, if not the application's."""
    logs: bool = False
    """Tells the usage of a stream in a second span, which is a log of the first."""


type Stack = tuple[Instrumentor, ...]
"""The instrumentors that report one call, the outermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A deployment."""

    name: str
    stacks: tuple[Stack, ...]
    shapes: tuple[str, ...] = ("chain", "fan", "agent", "again", "two_models", "direct")
    fan: int = 20
    """Most calls at once in a task."""
    streams: float = 0.2
    failing: float = 0.08
    copies: float = 0.0
    """Share of reports that are found again in another trace, soon, hours or a day later."""
    repeats: float = 0.02
    """Share of spans that are sent twice, and as many are first sent unfinished."""
    weight: float = 1.0
    gateway: Literal["", "constant", "few"] = ""
    """A gateway that gives every answer one id, or ids out of a few hundred."""
    wrappers: bool = False
    """Each call in a wrapper that repeats its usage."""
    same_prompt: float = 0.3
    """Share of tasks that ask what the task before asked."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request within a call that is tried again."""

    usage: Usage
    failure: str = ""

    @property
    def ident(self) -> bool:
        """Whether the provider gave it an id."""
        return not self.failure


@dataclass(slots=True)
class Traffic:
    """What a deployment sent, and what really happened."""

    profile: str
    spans: list[Span] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    tools: int = 0
    failed_tools: int = 0
    tasks: int = 0

    @property
    def weighted(self) -> float:
        return sum(call.weight for call in self.calls)

    @property
    def failures(self) -> int:
        return sum(call.failed for call in self.calls)

    @property
    def cost(self) -> Decimal:
        return sum((call.cost for call in self.calls if call.cost is not None), Decimal(0))

    @property
    def tokens(self) -> Counter[str]:
        """The tokens of the known calls by class."""
        sums: Counter[str] = Counter()
        for call in self.calls:
            sums.update({name: tokens for name, tokens in call.usage.by_class() if tokens})
        return sums

    def by_model(self) -> Counter[str]:
        return Counter(call.model for call in self.calls)


@dataclass(slots=True)
class Place:
    """Where in a trace something happens: its trace, the span it is in, and the process."""

    trace: str
    parent: str
    instance: str = ""


class Player:
    """Plays tasks of one profile, writing down the spans and the truth."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.profile = profile
        self.dice = Random(f"{profile.name} {seed}")
        self.traffic = Traffic(profile.name)
        self.skew = {name: self.dice.randint(-4 * SECOND, 4 * SECOND) for name in ("proxy", "tools")}
        self.seen = Usage(input=700, output=70)
        self.route = ""

    # --- tasks -----------------------------------------------------------------------------------------------------

    def task(self) -> None:
        """One task of one of the profile's shapes."""
        at = BASE + self.dice.randrange(SPREAD)
        shape = self.dice.choice(self.profile.shapes)
        number = self.traffic.tasks = self.traffic.tasks + 1
        self.route = "" if shape == "direct" else f"route-{number % 5}"
        place = Place(self.ident(16), "", f"replica-{number % 3}")
        if self.dice.random() >= self.profile.same_prompt:
            self.seen = self.prompt()
        getattr(self, shape)(at, place)

    def direct(self, at: int, place: Place) -> None:
        """A call with nothing around it."""
        self.call(at, place, LARGE, self.seen)

    def chain(self, at: int, place: Place) -> None:
        """Calls one after another."""
        inside, now = self.inside(place), at + self.pause()
        for _ in range(self.dice.randint(1, 4)):
            now = self.call(now, inside, self.dice.choice(MODELS), self.prompt()) + self.pause()
        self.step(place, inside.parent, at, now, kind="workflow", **self.said())

    def again(self, at: int, place: Place) -> None:
        """The same question again and again, each straight after the other."""
        inside, now = self.inside(place), at + self.pause()
        for _ in range(self.dice.randint(2, 6)):
            now = self.call(now, inside, LARGE, self.seen, retry=False) + 1
        self.step(place, inside.parent, at, now, kind="workflow", **self.said())

    def fan(self, at: int, place: Place) -> None:
        """The same question many times at once."""
        inside = self.inside(place)
        many = self.dice.randint(2, self.profile.fan)
        starts = [at + self.pause() for _ in range(many)]
        ends = [self.call(start, inside, LARGE, self.seen) for start in starts]
        self.step(place, inside.parent, at, max(ends) + self.pause(), kind="workflow", **self.said())

    def two_models(self, at: int, place: Place) -> None:
        """The same question to two models at once, which count alike and have names alike."""
        inside, stack = self.inside(place), self.stack()
        ends = [
            self.call(at + self.pause(), inside, model, self.seen, stack=stack, retry=False) for model in (LARGE, SMALL)
        ]
        self.step(place, inside.parent, at, max(ends) + self.pause(), kind="workflow", **self.said())

    def agent(self, at: int, place: Place, depth: int = 0) -> int:
        """Calls and tools in turn; one of the tools may be another agent. The agent tells the sum of its calls."""
        inside, now, first = self.inside(place), at + self.pause(), len(self.traffic.calls)
        for _ in range(self.dice.randint(1, 3)):
            now = self.call(now, inside, self.dice.choice(MODELS), self.prompt()) + self.pause()
            now = (
                self.delegated(now, inside, depth)
                if self.dice.random() < 0.25 and depth < 2
                else self.tool(now, inside)
            )
        usages = [call.usage for call in self.traffic.calls[first:]]
        whole = Usage(input=sum(u.context for u in usages), output=sum(u.output or 0 for u in usages))
        self.step(place, inside.parent, at, now, kind="agent", agent=f"agent-{depth}", usage=whole, **self.said())
        return now

    def delegated(self, at: int, place: Place, depth: int) -> int:
        """A tool that is an agent, with tools of its own."""
        inside = self.inside(place)
        end = self.agent(at + self.pause(), inside, depth + 1) + self.pause()
        self.step(place, inside.parent, at, end, kind="tool", tool=f"ask_agent_{depth + 1}", scope="framework")
        self.traffic.tools += 1
        return end

    def tool(self, at: int, place: Place) -> int:
        """A tool behind the framework's tool span, an MCP client and an MCP server; or some of them."""
        failed = self.dice.random() < 0.1
        name, end = self.dice.choice(("search", "lookup", "weather")), at + 10 * self.pause()
        layers = self.dice.choice((("framework",), ("framework", "mcp"), ("framework", "mcp", "mcp"), ("mcp", "mcp")))
        error: dict[str, Any] = {"status": "error", "failure_kind": "tool_error"} if failed else {}
        for depth, scope in enumerate(layers):
            ident, edge = self.ident(8), depth * MILLISECOND
            served = layers[:depth].count("mcp") == 1 and scope == "mcp"
            off = self.skew["tools"] if served else 0
            more = {"service": "tools", "instance": ""} if served else {}
            self.step(
                place, ident, at + edge + off, end - edge + off, kind="tool", tool=name, scope=scope, **error, **more
            )
            place = replace(place, parent=ident)
        self.traffic.tools += 1
        self.traffic.failed_tools += failed
        return end + self.pause()

    # --- calls -----------------------------------------------------------------------------------------------------

    def call(
        self, at: int, place: Place, model: Model, usage: Usage, *, stack: Stack | None = None, retry: bool = True
    ) -> int:
        """One call, tried again where it fails, as all its instrumentors report it; returns when it was over."""
        stack = stack or self.stack()
        attempts = list(self.attempts(usage, retry))
        streamed = self.dice.random() < self.profile.streams
        told = self.told(stack, streamed)
        for attempt in attempts:
            self.traffic.calls.append(self.truth(model, attempt, told))
        if self.profile.wrappers:
            inside, began = self.inside(place), at - MILLISECOND
            end = self.reported(at, inside, model, attempts, stack, streamed) + MILLISECOND
            said = attempts[-1].usage if told else Usage()
            self.step(place, inside.parent, began, end, kind="workflow", scope=stack[0].scope, usage=said)
            return end
        return self.reported(at, place, model, attempts, stack, streamed)

    def reported(
        self, at: int, place: Place, model: Model, attempts: list[Attempt], stack: Stack, streamed: bool
    ) -> int:
        """The outermost of several reports the call as a whole, those within it each attempt."""
        if len(stack) == 1 or stack[0].logs:
            for attempt in attempts:
                at = self.nested(at, place, model, attempt, self.response(attempt), stack, streamed) + 1
            return at
        outer, inner = stack[0], stack[1:]
        ident, start, idents = self.ident(8), at, [self.response(attempt) for attempt in attempts]
        within = replace(place, parent=ident)
        for attempt, response in zip(attempts, idents, strict=True):
            edge = self.edge()
            around = within if inner[0].place == "inside" else place
            at = self.nested(at + edge, around, model, attempt, response, inner, streamed) + edge
        self.report(outer, ident, place, start, at, model, attempts[-1], idents[-1], streamed)
        return at

    def nested(
        self, at: int, place: Place, model: Model, attempt: Attempt, response: str, stack: Stack, streamed: bool
    ) -> int:
        """One attempt as each instrumentor reports it, one inside the other; returns when it was over."""
        length = self.dice.randint(40, 4_000) * MILLISECOND
        edges = [self.edge() for _ in stack]
        end = at + length + 2 * sum(edges)
        over = end
        for one, edge in zip(stack, edges, strict=True):
            mine = Place(self.ident(16), "", place.instance) if one.place == "alone" else place
            ident = self.ident(8)
            self.report(one, ident, mine, at, end, model, attempt, response, streamed)
            place = replace(mine, parent=ident)
            at, end = at + edge, end - edge
        return over

    def report(
        self,
        one: Instrumentor,
        ident: str,
        place: Place,
        start: int,
        end: int,
        model: Model,
        attempt: Attempt,
        response: str,
        streamed: bool,
    ) -> None:
        """What one instrumentor says of a call."""
        off = self.skew.get(one.service, 0)
        usage = self.usage_said(one, attempt.usage, streamed)
        more: dict[str, Any] = {"service": one.service, "instance": ""} if one.service else {}
        if attempt.failure:
            spelt = self.dice.choice(FAILURES[attempt.failure])
            more |= {"status": "error", "failure_kind": attempt.failure, "error_type": spelt}
        said = {
            "kind": "generation",
            "scope": one.scope,
            "provider": PROVIDER if one.provider else "",
            "model": model.answers if one.dated and not attempt.failure else model.asked,
            "request_model": model.asked,
            "response_id": self.id_said(one, attempt, response, streamed),
            "ttft": (end - start) // 4 if streamed else None,
        }
        logged = one.logs and streamed
        self.step(place, ident, start + off, end + off, usage=Usage() if logged else usage, **said, **more)
        if logged and not attempt.failure:
            log = {"flags": (LOG_OF_PARENT,), "usage": usage, "ttft": None}
            self.step(replace(place, parent=ident), self.ident(8), end + off, end + off + 1, **(said | more | log))

    def id_said(self, one: Instrumentor, attempt: Attempt, response: str, streamed: bool) -> str:
        if attempt.failure:
            return f"invented-{self.ident(8)}" if one.invents_ids else ""
        return response if one.ids and (one.ids_of_streams or not streamed) else ""

    def usage_said(self, one: Instrumentor, usage: Usage, streamed: bool) -> Usage:
        if usage.unknown or not (one.usage and (one.usage_of_streams or not streamed)):
            return Usage()
        if one.splits_cache:
            return usage
        return Usage(input=usage.context, output=usage.output, reasoning=0)

    def told(self, stack: Stack, streamed: bool) -> bool:
        """Whether anybody says what the call used."""
        return any(one.usage and (one.usage_of_streams or not streamed) for one in stack)

    def truth(self, model: Model, attempt: Attempt, told: bool) -> Call:
        usage = attempt.usage if told else Usage()
        return Call(model.asked, usage, bool(attempt.failure), self.profile.weight, self.route, model.cost(usage))

    def attempts(self, usage: Usage, retry: bool) -> Iterator[Attempt]:
        """Mostly one that succeeds; else one that fails, and where it is tried again another."""
        if self.dice.random() < self.profile.failing:
            yield Attempt(Usage(), self.dice.choice(list(FAILURES)))
            if not retry or self.dice.random() < 0.4:
                return
            if self.dice.random() < 0.3:
                yield Attempt(Usage(), self.dice.choice(list(FAILURES)))
                return
        yield Attempt(usage)

    # --- spans -----------------------------------------------------------------------------------------------------

    def step(self, place: Place, ident: str, start: int, end: int, **more: Any) -> None:
        known = {
            "trace_id": place.trace,
            "span_id": ident,
            "parent_id": place.parent,
            "start": start,
            "end": max(start, end),
            "name": more.get("kind", "span"),
            "service": self.profile.name,
            "scope": "app",
            "weight": self.profile.weight,
            "instance": place.instance,
        }
        self.traffic.spans.append(Span(**(known | more)))

    def inside(self, place: Place) -> Place:
        """In a span that is about to be written."""
        return replace(place, parent=self.ident(8))

    def said(self) -> dict[str, Any]:
        number = self.traffic.tasks
        return {"route": self.route, "session_id": f"session-{number // 3}", "user_id": f"user-{number % 40}"}

    def stack(self) -> Stack:
        return self.dice.choice(self.profile.stacks)

    def prompt(self) -> Usage:
        """Tokens of a question and its answer; of every third a part came out of the cache or went into it."""
        whole, said = self.dice.randint(200, 6_000), self.dice.randint(1, 900)
        match self.dice.randrange(6):
            case 0:
                kept = self.dice.randrange(whole)
                return Usage(input=whole - kept, cache_read=kept, output=said, reasoning=said // 3)
            case 1:
                kept, put = self.dice.randrange(whole // 2), self.dice.randrange(whole // 2)
                return Usage(input=whole - kept - put, cache_read=kept, cache_write=put, output=said)
        return Usage(input=whole, output=said)

    def response(self, attempt: Attempt) -> str:
        """The provider's id of its answer."""
        if not attempt.ident:
            return ""
        match self.profile.gateway:
            case "constant":
                return "0"
            case "few":
                return f"chatcmpl-{self.dice.randrange(999)}"
        return f"resp_{self.ident(12)}"

    def ident(self, size: int) -> str:
        return self.dice.randbytes(size).hex()

    def pause(self) -> int:
        return self.dice.randint(1, 30) * MILLISECOND

    def edge(self) -> int:
        return self.dice.randint(20, 2_000)


# --- deployments ---------------------------------------------------------------------------------------------------

CLIENT = Instrumentor(scope="openai")
SILENT_CLIENT = replace(CLIENT, ids=False)
FRAMEWORK = Instrumentor(scope="framework", dated=False)
SILENT_FRAMEWORK = replace(FRAMEWORK, ids=False)
NATIVE = Instrumentor(scope="native")
PROXY = Instrumentor(scope="proxy", service="proxy")
CONTENT = Instrumentor(scope="content", ids_of_streams=False)
LOGGING = Instrumentor(scope="logfire", logs=True)


def alone(one: Instrumentor) -> Instrumentor:
    return replace(one, place="alone")


def beside(one: Instrumentor) -> Instrumentor:
    return replace(one, place="beside")


PROFILES = (
    Profile(name="one client", stacks=((replace(CLIENT, usage_of_streams=False),),)),
    Profile(name="one framework without ids", stacks=((SILENT_FRAMEWORK,),), fan=200),
    Profile(name="framework and client, both with ids", stacks=((FRAMEWORK, CLIENT),)),
    Profile(name="framework without ids, client with ids", stacks=((SILENT_FRAMEWORK, CLIENT),), fan=200),
    Profile(name="framework with ids, client without", stacks=((FRAMEWORK, SILENT_CLIENT),)),
    Profile(name="framework and client, both without ids", stacks=((SILENT_FRAMEWORK, SILENT_CLIENT),), fan=200),
    Profile(name="client alone with ids", stacks=((FRAMEWORK, alone(CLIENT)),)),
    Profile(name="client alone, framework without ids", stacks=((SILENT_FRAMEWORK, alone(CLIENT)),), fan=200),
    Profile(name="client alone, nobody with ids", stacks=((SILENT_FRAMEWORK, alone(SILENT_CLIENT)),), fan=60),
    Profile(
        name="content and native",
        stacks=((CONTENT, NATIVE), (CONTENT, beside(NATIVE)), (CONTENT, alone(NATIVE))),
        streams=0.5,
    ),
    Profile(name="wrapper that repeats", stacks=((CLIENT,), (SILENT_CLIENT,)), wrappers=True),
    Profile(
        name="proxy", stacks=((CLIENT, PROXY), (CLIENT, PROXY, replace(CLIENT, scope="upstream", service="proxy")))
    ),
    Profile(name="streams in logs", stacks=((LOGGING,), (replace(LOGGING, ids=False),)), streams=0.6),
    Profile(name="three without ids", stacks=((SILENT_FRAMEWORK, SILENT_CLIENT, replace(NATIVE, ids=False)),)),
    Profile(name="framework does not tell the cache", stacks=((replace(FRAMEWORK, splits_cache=False), CLIENT),)),
    Profile(
        name="nobody with ids, framework does not tell the cache",
        stacks=((replace(SILENT_FRAMEWORK, splits_cache=False), SILENT_CLIENT),),
    ),
    Profile(name="framework does not name the provider", stacks=((replace(FRAMEWORK, provider=False), CLIENT),)),
    Profile(
        name="framework without usage of streams",
        stacks=((replace(SILENT_FRAMEWORK, usage_of_streams=False), CLIENT),),
        streams=0.5,
    ),
    Profile(
        name="client without usage of streams",
        stacks=((SILENT_FRAMEWORK, replace(SILENT_CLIENT, usage_of_streams=False)),),
        streams=0.5,
    ),
    Profile(
        name="nobody tells the usage of streams",
        stacks=((replace(CLIENT, usage_of_streams=False), replace(NATIVE, usage_of_streams=False)),),
    ),
    Profile(name="invented ids of failures", stacks=((replace(FRAMEWORK, invents_ids=True), CLIENT),), failing=0.2),
    Profile(
        name="failing much",
        stacks=((SILENT_FRAMEWORK, SILENT_CLIENT), (SILENT_FRAMEWORK, alone(CLIENT))),
        failing=0.5,
        fan=100,
    ),
    Profile(name="copies", stacks=((CLIENT,), (FRAMEWORK, CLIENT), (FRAMEWORK, alone(CLIENT))), copies=0.2),
    Profile(name="one id for everything", stacks=((CLIENT,),), gateway="constant"),
    Profile(name="one id for everything, reported twice", stacks=((FRAMEWORK, CLIENT),), gateway="constant"),
    Profile(name="few ids", stacks=((CLIENT,),), gateway="few"),
    Profile(name="sampled", stacks=((CLIENT,), (FRAMEWORK, CLIENT)), weight=8.0),
    Profile(
        name="half instrumented", stacks=((SILENT_FRAMEWORK,), (SILENT_CLIENT,)), shapes=("chain", "agent"), failing=0
    ),
)
MIX = "mix"


def profile(name: str) -> Profile:
    return next(each for each in PROFILES if each.name == name)


def traffic(profile: Profile, calls: int, seed: int = 0) -> Traffic:
    """Tasks of the profile until that many calls were made."""
    player = Player(profile, seed)
    while len(player.traffic.calls) < calls:
        player.task()
    found = player.traffic
    found.spans = list(sent(found.spans, profile, player.dice))
    return found


def mixed(calls: int, seed: int = 0) -> Traffic:
    """Some of every profile in one project, except that a gateway's few ids stay its own."""
    whole = Traffic(MIX)
    for each in PROFILES:
        part = traffic(each, max(1, calls // len(PROFILES)), seed)
        whole.spans += part.spans
        whole.calls += part.calls
        whole.tools += part.tools
        whole.failed_tools += part.failed_tools
        whole.tasks += part.tasks
    Random(seed).shuffle(whole.spans)
    return whole


def sent(spans: Sequence[Span], profile: Profile, dice: Random) -> Iterator[Span]:
    """The spans as they come in: shuffled, some twice, some unfinished first, some again in another trace."""
    shuffled = [*spans, *copies(spans, profile, dice)]
    dice.shuffle(shuffled)
    for one in shuffled:
        chance = dice.random()
        if chance < profile.repeats:
            yield unfinished(one)
        yield one
        if chance > 1 - profile.repeats:
            yield one


def unfinished(one: Span) -> Span:
    """The span as it was shown before it had ended."""
    return replace(one, end=one.start, usage=Usage(), status="ok", failure_kind="", error_type="", response_id="")


def copies(spans: Sequence[Span], profile: Profile, dice: Random) -> Iterator[Span]:
    """Reports with an id that turn up again as traces of their own: at once, minutes, hours, a day later."""
    for one in spans:
        if one.response_id and dice.random() < profile.copies:
            later = dice.choice((0, 90, 3_000, 5 * HOUR, 26 * HOUR)) * SECOND
            trace, span = dice.randbytes(16).hex(), dice.randbytes(8).hex()
            moved = {"start": one.start + later, "end": one.end + later}
            yield replace(one, trace_id=trace, span_id=span, parent_id="", **moved)


# --- a million -----------------------------------------------------------------------------------------------------

ANEW = """
INSERT INTO {table}
SELECT * EXCEPT copy REPLACE (sipHash128(trace_id, copy) AS trace_id{more})
FROM
(
    SELECT *, arrayJoin(range(toUInt32(1), {{times:UInt32}})) AS copy
    FROM {table}
    WHERE project_id = {{project:UUID}}
)
"""
LATER = ", start_time + toIntervalSecond(copy * {spread}) AS start_time"
OTHER_IDS = ", if(response_id = '', '', concat(response_id, '-', toString(copy))) AS response_id"
NEXT_GROUPS = (
    ", group_seq + copy * (SELECT max(group_seq) FROM arrivals WHERE project_id = {project:UUID}) AS group_seq"
)


def multiplied(store: Store, project: UUID, times: int) -> None:
    """That many times the project's traffic, each later than the one before, made by the store itself: its truth is
    that many times the truth. The spans must have arrived, and none have been settled."""
    later = LATER.format(spread=SPREAD // SECOND)
    store.command(ANEW.format(table="spans", more=later + OTHER_IDS), project=project, times=times)
    store.command(ANEW.format(table="span_keys", more=later), project=project, times=times)
    store.command(ANEW.format(table="arrivals", more=NEXT_GROUPS), project=project, times=times)
