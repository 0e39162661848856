"""Which libraries are instrumented: each by patches to modules, applied now or when the module is imported."""

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType

from spanledger import _openai
from spanledger._guard import harmless, tell

Patch = Callable[[ModuleType], None]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A library and the patches of its modules."""

    library: str
    patches: Mapping[str, Patch]


INSTRUMENTS = (Instrument("openai", _openai.PATCHES),)
_states: dict[str, str] = {}
"""What became of each patch, by module."""


def install() -> None:
    """Patch what is imported already and watch for what will be. Safe to call again."""
    waiting: dict[str, Patch] = {}
    for name, patch in all_patches():
        if name in _states:
            continue
        if name in sys.modules:
            apply(patch, sys.modules[name])
        else:
            waiting[name] = patch
    if waiting and not any(isinstance(finder, Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, Watch(waiting))


def all_patches() -> list[tuple[str, Patch]]:
    return [(name, patch) for instrument in INSTRUMENTS for name, patch in instrument.patches.items()]


def apply(patch: Patch, module: ModuleType) -> None:
    try:
        patch(module)
        _states[module.__name__] = "on"
    except Exception as error:  # a library of another shape than we know must go on working without us
        _states[module.__name__] = f"off: {type(error).__name__}: {error}"
        tell(f"patch {module.__name__}", "spanledger: %s is not instrumented: %s", module.__name__, error)


def states() -> dict[str, dict[str, str]]:
    """Per library and module: `on`, or what keeps it off."""
    return {each.library: {name: state_of(each, name) for name in each.patches} for each in INSTRUMENTS}


def state_of(instrument: Instrument, module: str) -> str:
    if module in _states:
        return _states[module]
    if importlib.util.find_spec(instrument.library) is None:
        return "off: not installed"
    return "waits for the program to import it"


class Watch:
    """A finder that finds nothing itself: it has the real finders' module patched once it has been executed."""

    def __init__(self, waiting: dict[str, Patch]) -> None:
        self._waiting = waiting

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        patch = self._waiting.pop(name, None)
        if patch is None:
            return None
        return self._watched(name, patch)

    @harmless
    def _watched(self, name: str, patch: Patch) -> ModuleSpec | None:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            apply(patch, module)

        setattr(spec.loader, "exec_module", exec_module)  # noqa: B010 - an instance's own, this module's loader alone
        return spec
