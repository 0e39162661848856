"""Suites: metrics in one versioned file. A file that can't be used is refused with the line and the key."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from evals.evaluators import EVALUATORS, Evaluator

FOLDER = Path(__file__).parent / "suites"

type Place = tuple[str | int, ...]


class BadSuite(ValueError):
    """A suite file can't be used. `line` counts from 1; `key` is the way to the value, as in metrics.0.name."""

    def __init__(self, file: str, line: int, key: str, reason: str) -> None:
        self.file, self.line, self.key, self.reason = file, line, key, reason
        super().__init__(f"{file}, line {line}, {key or 'the file'}: {reason}")


def known(name: str) -> str:
    if name not in EVALUATORS:
        raise ValueError(f"no metric is called {name}; there are: {', '.join(EVALUATORS)}")
    return name


def distinct(metrics: tuple["Metric", ...]) -> tuple["Metric", ...]:
    names = [metric.name for metric in metrics]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"listed twice: {', '.join(twice)}")
    return metrics


class Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Metric(Read):
    """One metric of a suite: which way is better, and the smallest change worth telling."""

    name: Annotated[str, AfterValidator(known)]
    kind: Literal["deterministic"]
    direction: Literal["up", "down"]
    min_effect: float = Field(gt=0, lt=1)
    gate: bool = False

    @property
    def evaluator(self) -> Evaluator:
        return EVALUATORS[self.name]


class SuiteFile(Read):
    suite: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    version: int = Field(ge=1)
    about: str = Field(min_length=1)
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1), AfterValidator(distinct)]


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite that was read; `digest` of the file and of its evaluators' versions says whether two are the same."""

    name: str
    version: int
    about: str
    metrics: tuple[Metric, ...]
    digest: str


@cache
def shipped() -> dict[str, Suite]:
    """The suites that come with Spanledger, by name."""
    return {suite.name: suite for suite in map(read_suite, sorted(FOLDER.glob("*.yaml")))}


def read_suite(path: Path) -> Suite:
    """The suite of a file; raises BadSuite for the first thing that is wrong with it."""
    text = path.read_text()
    data, node = parsed(path.name, text)
    try:
        file = SuiteFile.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadSuite(path.name, line_of(node, first["loc"]), dotted(first["loc"]), first["msg"]) from error
    return Suite(file.suite, file.version, file.about, file.metrics, digest(text, file.metrics))


def parsed(name: str, text: str) -> tuple[object, yaml.Node | None]:
    """What the file holds, as plain values and as a tree that knows its lines."""
    try:
        return yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadSuite(name, line, "", f"not YAML: {error.problem}") from error


def line_of(node: yaml.Node | None, place: Place) -> int:
    """The line of the value at a place, or of the nearest thing around it where the value is missing."""
    line = node.start_mark.line if node else 0
    for step in place:
        key, node = child(node, step)
        if node is None:
            break
        line = (key or node).start_mark.line
    return line + 1


def child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The key and the value one step down; None where there is no such step."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), (None, None))
    return None, None


def dotted(place: Place) -> str:
    return ".".join(str(step) for step in place)


def digest(text: str, metrics: Iterable[Metric]) -> str:
    """By content: a comment changes it too, and so does an evaluator that got a new version."""
    versions = ",".join(metric.evaluator.versioned for metric in metrics)
    return hashlib.sha256(f"{text}\n{versions}".encode()).hexdigest()[:16]
