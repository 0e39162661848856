"""`python -m ledger.stack COMMAND`: what `./run` becomes, once Python and the packages are there."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from ledger.environment import BadSetting
from ledger.stack import check, footprint, frontend, live
from ledger.stack.errors import StackError
from ledger.stack.plan import ROOT

type Command = Callable[[Sequence[str]], int]


def main(words: Sequence[str]) -> int:
    name, *rest = words or ["help"]
    command = COMMANDS.get(name)
    if command is None:
        complain(f"There is no command '{name}'. There are: {', '.join(COMMANDS)}.")
        return 2
    try:
        return command(rest)
    except (StackError, BadSetting) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130


def up(rest: Sequence[str]) -> int:
    return refuse("up", rest) if rest else live.hold(demo=False)


def demo(rest: Sequence[str]) -> int:
    return refuse("demo", rest) if rest else live.hold(demo=True)


def test(rest: Sequence[str]) -> int:
    frontend.build()
    become("-m", "pytest", *rest)


def run_checks(rest: Sequence[str]) -> int:
    return refuse("check", rest) if rest else check.main()


def bench(rest: Sequence[str]) -> int:
    """A benchmark by name: `footprint`, or a program of `tests/bench/`."""
    name, *arguments = rest or [""]
    if name == "footprint":
        return footprint.main(ROOT / "bench-results")
    programs = [path.stem for path in sorted((ROOT / "tests" / "bench").glob("*.py")) if "__main__" in path.read_text()]
    if name in programs:
        become("-m", f"tests.bench.{name}", *arguments)
    complain(f"Which benchmark? There are: {', '.join(['footprint', *programs])}.")
    return 2


def become(*words: str) -> NoReturn:
    """Go on as another Python program, so that signals and the exit status are its own."""
    os.execv(sys.executable, [sys.executable, *words])  # noqa: S606  our own interpreter


def refuse(name: str, rest: Sequence[str]) -> int:
    complain(f"'{name}' takes no arguments, but was given: {' '.join(rest)}")
    return 2


def complain(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  this is a command


COMMANDS: Mapping[str, Command] = {"up": up, "demo": demo, "test": test, "check": run_checks, "bench": bench}

if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
