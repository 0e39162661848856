"""How a question becomes one query: entries of calls, traces and scores, added up in groups and in total."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ledger.domain.questions import Question
from ledger.store.clauses import STEPS, Clauses, bounds, of_trace
from ledger.store.pieces import piece, pieces

OF_TRACES = frozenset({"traces", "failed_traces", "trace_failure_rate", "cost_per_trace", "calls_per_trace", "users"})
"""Measures that look at traces. All that are not scores look at calls, too."""

WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Composition:
    """The text of a question's query and what is bound to it."""

    question: Question

    @cached_property
    def clauses(self) -> Clauses:
        return Clauses(self.question.by, self.question.filters)

    @cached_property
    def scores(self) -> tuple[str, ...]:
        """Names of the scores that are asked for."""
        return tuple(measure.score for measure in self.question.measures if measure.score)

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
            keys="".join(f"{key}, " for key in self.keys),
            total=self.total,
            measures=", ".join(f"{text} AS figure_{n}" for n, text in enumerate(self.expressions)),
            parts="".join(self.parts()),
            entries="\nUNION ALL\n".join(self.entries()),
            grouping=f"GROUP BY GROUPING SETS (({', '.join(self.keys)}), ())" if self.keys else "",
            order=", ".join([*self.keys[: self.timed], "figure_0 DESC NULLS LAST", *self.keys[self.timed :]]),
        )

    @property
    def total(self) -> str:
        """True in the row of the total."""
        return f"grouping({self.keys[0]}) = 1" if self.keys else "1"

    @cached_property
    def expressions(self) -> tuple[str, ...]:
        """Each measure over the sums of its group."""
        return tuple(
            f"score_{self.scores.index(measure.score)}" if measure.score else piece("measures", measure.name)
            for measure in self.question.measures
        )

    def parts(self) -> Iterator[str]:
        """The sums that the measures speak of, and no others: ClickHouse takes its time to understand each."""
        words = set(WORD.findall(" ".join(self.expressions)))
        for name in sorted(words & pieces("parts").keys()):
            yield f", {piece('parts', name)} AS {name}\n"
        for number in range(len(self.scores)):
            yield f", {piece('parts', 'score', number=str(number))} AS score_{number}\n"

    def entries(self) -> Iterator[str]:
        """What is to be added up: only the kinds of entry that the measures look at."""
        names = {measure.name for measure in self.question.measures}
        if any(not measure.score for measure in self.question.measures):
            yield self.calls("wasted_cost" in names)
        if names & OF_TRACES:
            yield self.traces()
        if self.scores:
            yield self.call_scores()
            yield self.trace_scores()

    def calls(self, look_for_failed_traces: bool) -> str:
        return piece(
            "metrics",
            "calls",
            keys=self.key_columns("start_time"),
            weighed=piece("metrics", "weighed"),
            tags=self.clauses.tag_columns(),
            in_vain=self.in_vain() if look_for_failed_traces else "0",
            conditions=self.clauses.conditions(self.question.filters),
        )

    def in_vain(self) -> str:
        """Whether a call's trace failed. This needs the roots of all traces near, whatever the question filters."""
        everything = Clauses((), ())
        return piece("metrics", "in_vain", heads=heads(everything, near_spans(everything), "status"))

    def traces(self) -> str:
        return piece(
            "metrics",
            "traces",
            keys=self.key_columns("start_time", of_trace=True),
            weighed=piece("metrics", "weighed"),
            nothing=piece("metrics", "nothing"),
            heads=heads(self.clauses, near_spans(self.clauses), "status", "user_id"),
            conditions=self.conditions_of_trace(),
        )

    def call_scores(self) -> str:
        return piece(
            "metrics",
            "call_scores",
            keys=self.key_columns("mark_time"),
            weighed=piece("metrics", "weighed"),
            nothing=piece("metrics", "nothing"),
            marks=self.marks,
            spans=self.scored_spans,
            conditions=self.clauses.conditions(self.question.filters),
        )

    def trace_scores(self) -> str:
        return piece(
            "metrics",
            "trace_scores",
            keys=self.key_columns("mark_time", of_trace=True),
            weighed=piece("metrics", "weighed"),
            nothing=piece("metrics", "nothing"),
            marks=self.marks,
            spans=self.scored_spans,
            heads=heads(self.clauses, self.scored_spans),
            conditions=self.conditions_of_trace(),
        )

    @property
    def marks(self) -> str:
        return piece("metrics", "marks")

    @property
    def scored_spans(self) -> str:
        return piece("heads", "scored_spans", tags=self.clauses.tag_columns(), marks=self.marks)

    def key_columns(self, moment: str, *, of_trace: bool = False) -> str:
        columns = list(self.columns_of_trace() if of_trace else map(self.clauses.column, self.question.by))
        named = [f"{column} AS key_{n}, " for n, column in enumerate(columns)]
        bucket = [piece("metrics", self.question.interval, moment=moment) + " AS bucket, "] if self.timed else []
        return "".join(bucket + named)

    def columns_of_trace(self) -> Iterator[str]:
        """What a trace is grouped by: its root's words, and one of its steps."""
        for dimension in self.question.by:
            if dimension.name in STEPS:
                yield f"tupleElement(step, {self.clauses.steps.index(dimension) + 1})"
            else:
                yield self.clauses.column(dimension)

    def conditions_of_trace(self) -> str:
        """Its root's words fit, and it has a step that fits."""
        step = ("notEmpty(steps)",) if self.clauses.step_filters else ()
        return self.clauses.conditions(self.clauses.root_filters, *step)


def near_spans(clauses: Clauses) -> str:
    return piece("heads", "near_spans", tags=clauses.tag_columns())


def heads(clauses: Clauses, spans: str, *columns: str, sums: str = "", steps: bool = True) -> str:
    """One row a trace: columns of its root, sums over its spans, and the steps that the question tells apart."""
    wanted = sorted(clauses.root_columns | set(columns))
    looked_into = clauses.steps_of_trace() if steps else piece("heads", "no_steps")
    return piece("heads", "heads", spans=spans, more="\n".join([*map(of_trace, wanted), sums, looked_into]))
