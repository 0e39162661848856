"""How a question becomes one query: calls, traces and scores are summed by group, and then put together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ledger.domain.questions import Measure, Question
from ledger.store.clauses import Clauses, bounds
from ledger.store.pieces import piece, pieces
from ledger.store.seam import Seam

AMOUNTS = frozenset(
    {
        *("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"),
        *("cost", "lost", "judged", "saved", "charges", "revenue", "spent"),
    }
)
"""Sums that are null where nothing is known."""

STATES = frozenset({"latency", "ttft", "users"})
"""What can't be added up: each source leaves a state, and the states are merged."""

DIGESTS = frozenset({"latency", "ttft"})
"""States that rollups keep as digests."""

ROLLED = {
    "call": frozenset({"route", "provider", "model", "environment", "status", "failure_kind"}),
    "trace": frozenset({"route", "environment", "status", "failure_kind"}),
}
"""Sources that have rollups, and the dimensions that those tell apart."""

SCORE_PARTS = ("score_sum", "score_weight", "score_count")
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Composition:
    """The text of a question's query and what is bound to it."""

    question: Question
    seam: Seam | None = None
    """What of the window is read from rollups, by the sources that have some that answer the question."""
    large: bool = False
    """Quantiles are made of digests, as those of rollups are: exact ones of millions of calls would be dear."""

    @cached_property
    def clauses(self) -> Clauses:
        return Clauses(self.question.by, self.question.filters)

    @cached_property
    def scores(self) -> tuple[str, ...]:
        """Names of the scores that are asked for."""
        return tuple(dict.fromkeys(measure.score for measure in self.question.measures if measure.score))

    @property
    def timed(self) -> bool:
        return self.question.interval != "none"

    @property
    def keys(self) -> list[str]:
        """Columns that tell the groups apart: time first, as the rows come in its order."""
        return ["bucket"] * self.timed + [f"key_{n}" for n in range(len(self.question.by))]

    @property
    def parameters(self) -> dict[str, object]:
        return (
            bounds(self.question.window)
            | self.clauses.values()
            | {f"score_{n}": name for n, name in enumerate(self.scores)}
            | {"score_names": list(self.scores), "rows": self.question.limit + 2}  # the total, and one to see the end
            | (self.seam.parameters if self.seam else {})
        )

    @property
    def score_parameters(self) -> dict[str, object]:
        limits = bounds(self.question.window)
        return {"since": limits["since"], "until": limits["until"], "score_names": list(self.scores)}

    @property
    def text(self) -> str:
        return piece(
            "metrics",
            "answer",
            keys=listed(self.keys),
            total=f"grouping({self.keys[0]}) = 1" if self.keys else "1",
            measures=", ".join(f"{text} AS figure_{n}" for n, text in enumerate(self.expressions)),
            parts="".join(f", {self.whole(part)} AS {part}" for part in self.parts),
            sources="\nUNION ALL\n".join(self.sources()),
            grouping=f"GROUP BY GROUPING SETS (({', '.join(self.keys)}), ())" if self.keys else "",
            order=", ".join([*self.keys[: self.timed], "figure_0 DESC NULLS LAST", *self.keys[self.timed :]]),
        )

    @cached_property
    def expressions(self) -> tuple[str, ...]:
        """Each measure over the sums of its group."""
        return tuple(map(self.expression, self.question.measures))

    def expression(self, measure: Measure) -> str:
        if not measure.score:
            return piece("measures", measure.name)
        number = str(self.scores.index(measure.score))
        return piece("measures", "score_count" if measure.counts_scores else "score", number=number)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The sums that the measures speak of, and no others: ClickHouse takes its time to understand each."""
        return tuple(sorted(set(WORD.findall(" ".join(self.expressions))) & self.known.keys()))

    @cached_property
    def known(self) -> dict[str, str]:
        """All parts that this question could have, and which source each comes from."""
        scores = [f"{part}_{n}" for part in SCORE_PARTS for n in range(len(self.scores))]
        return (
            dict.fromkeys(pieces("call_parts"), "call")
            | dict.fromkeys(pieces("trace_parts"), "trace")
            | dict.fromkeys(scores, "score")
        )

    def whole(self, part: str) -> str:
        """A part of all sources together."""
        if part in STATES:
            return piece("digests", f"whole_{part}") if self.digested(part) else piece("wholes", part)
        return piece("wholes", "sum_once" if self.clauses.steps and self.keys else "sum", part=part)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The sources whose parts the measures speak of."""
        return frozenset(self.known[part] for part in self.parts)

    @cached_property
    def rolled(self) -> frozenset[str]:
        """The sources that have rollups which answer the question."""
        if self.question.interval == "minute":
            return frozenset()
        known = frozenset(source for source, names in ROLLED.items() if self.clauses.names <= names)
        return (known - {"trace"} if "users" in self.parts else known) & self.asked

    @property
    def joined(self) -> frozenset[str]:
        """The sources that are read from rollups now, as far as those go."""
        return self.rolled if self.seam else frozenset()

    def digested(self, part: str) -> bool:
        return part in DIGESTS and self.large

    def raw(self, source: str) -> str:
        """The condition that an entry of a source is to be read."""
        return self.seam.raw if self.seam and source in self.rolled else piece("metrics", "window")

    @property
    def read(self) -> Iterator[str]:
        """What is read entry by entry: a question each to which the answer is estimated."""
        for source, table in (("call", "call_entries"), ("trace", "trace_entries")):
            if source in self.asked:
                yield piece("metrics", "estimate", table=table, stretch=self.raw(source))
            if "score" in self.asked:
                yield piece("metrics", "estimate", table=table, stretch=piece("metrics", "scored_window"))

    def sources(self) -> Iterator[str]:
        """What is to be added up: only the sources whose parts the measures speak of."""
        if "call" in self.joined:
            yield self.rolled_calls()
        if "call" in self.asked:
            yield self.calls()
        if "trace" in self.joined:
            yield self.rolled_traces()
        if "trace" in self.asked:
            yield self.traces()
        if "score" in self.asked:
            yield self.call_scores()
            yield self.trace_scores()

    @property
    def tools(self) -> bool:
        """Whether the question looks at runs of tools, too."""
        return any(part.startswith("tool_") for part in self.parts)

    def calls(self) -> str:
        return piece(
            "metrics",
            "calls",
            **self.grouped("call", "start_time"),
            rows=rows_of_calls(self.raw("call"), tools=self.tools),
            conditions=self.clauses.conditions(self.question.filters),
        )

    def traces(self) -> str:
        return piece(
            "metrics",
            "traces",
            **self.grouped("trace", "start_time"),
            **self.by_step(),
            rows=rows_of_traces(self.raw("trace")),
            conditions=self.clauses.of_trace(),
        )

    def rolled_calls(self) -> str:
        return piece(
            "rollups",
            "read_calls",
            **self.added_up("call"),
            tools="" if self.tools else piece("rollups", "no_tools"),
            conditions=self.clauses.conditions(self.question.filters),
        )

    def rolled_traces(self) -> str:
        conditions = self.clauses.conditions(self.question.filters)
        return piece("rollups", "read_traces", **self.added_up("trace"), conditions=conditions)

    def call_scores(self) -> str:
        return piece(
            "metrics",
            "call_scores",
            **self.grouped("score", "mark_time"),
            weighed=piece("metrics", "weighed"),
            marks=self.marks,
            calls=self.scored("calls"),
            conditions=self.clauses.conditions(self.question.filters),
        )

    def trace_scores(self) -> str:
        return piece(
            "metrics",
            "trace_scores",
            **self.grouped("score", "mark_time", of_trace=True),
            **self.by_step(),
            weighed=piece("metrics", "weighed"),
            marks=self.marks,
            calls=self.scored("calls"),
            traces=self.scored("traces"),
            conditions=self.clauses.of_trace(),
        )

    @property
    def marks(self) -> str:
        return piece("metrics", "marks")

    def scored(self, what: str) -> str:
        stretch = piece("metrics", "scored_window")
        return piece("metrics", f"scored_{what}", marks=self.marks, stretch=stretch)

    def by_step(self) -> dict[str, str]:
        """A trace counts once, or once for each of its steps that the question tells apart."""
        if not self.clauses.steps:
            return {"first": "1", "joined": ""}
        return {"first": "place = 1", "joined": piece("metrics", "by_step", steps=self.clauses.steps_of_trace())}

    def grouped(self, source: str, moment: str, of_trace: bool = False) -> dict[str, str]:
        """What every source has: the columns that tell its groups apart, and all the parts."""
        columns = self.columns(by_step=of_trace or source == "trace")
        parts = "".join(f", {self.part(part, source)} AS {part}" for part in self.parts)
        return {"keys": self.named(moment, columns), "groups": listed(self.keys), "parts": parts}

    def added_up(self, source: str) -> dict[str, str]:
        """The same of a rollup, which has the parts ready."""
        ready = [joined_part(part) if self.known[part] == source else self.absent(part) for part in self.parts]
        parts = "".join(f", {column} AS {part}" for part, column in zip(self.parts, ready, strict=True))
        columns = map(self.clauses.column, self.question.by)
        return {
            "keys": self.named("begins", columns),
            "groups": listed(self.keys),
            "parts": parts,
            "chosen": piece("rollups", "chosen"),
        }

    def named(self, moment: str, columns: Iterable[str]) -> str:
        """The columns under the names of the keys."""
        bucket = [piece("metrics", self.question.interval, moment=moment)] if self.timed else []
        return listed([f"{column} AS {key}" for key, column in zip(self.keys, [*bucket, *columns], strict=True)])

    def columns(self, *, by_step: bool) -> Iterator[str]:
        for dimension in self.question.by:
            if by_step and dimension in self.clauses.steps:
                yield f"tupleElement(step, {self.clauses.steps.index(dimension) + 1})"
            else:
                yield self.clauses.column(dimension)

    def part(self, part: str, source: str) -> str:
        """A part as a source has it; one that comes from another source is empty in this."""
        if self.known[part] != source:
            return self.absent(part)
        if source == "score":
            name, _, number = part.rpartition("_")
            return piece("score_parts", name, number=number)
        return piece("digests", part) if self.digested(part) else piece(f"{source}_parts", part)

    def absent(self, part: str) -> str:
        if part in STATES:
            return piece("digests", f"no_{part}") if self.digested(part) else piece("absent", part)
        if self.known[part] == "score":
            return piece("absent", "count" if part.startswith("score_count") else "score")
        return piece("absent", "amount" if part in AMOUNTS else "count")


def joined_part(part: str) -> str:
    """A part of several rollups together, for others to be joined to."""
    return piece("digests", f"joined_{part}") if part in DIGESTS else piece("wholes", "sum", part=part)


def rows_of_calls(stretch: str, *, tools: bool) -> str:
    kinds = piece("metrics", "all_calls" if tools else "model_calls")
    return piece("metrics", "rows_of_calls", weighed=piece("metrics", "weighed"), stretch=stretch, kinds=kinds)


def rows_of_traces(stretch: str) -> str:
    return piece("metrics", "rows_of_traces", weighed=piece("metrics", "weighed"), stretch=stretch)


def listed(columns: Sequence[str]) -> str:
    """Each followed by a comma."""
    return "".join(f"{column}, " for column in columns)
