"""A body in memory, which is to leave it as soon as it is read, whoever still knows of it."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from ingest.cursor import Body


@dataclass(slots=True)
class Held:
    raw: Body

    def __len__(self) -> int:
        return len(self.raw)

    def let_go(self) -> None:
        self.raw = b""

    def read[T](self, read: Callable[[Body], T]) -> T:
        """Reads it and lets it go, also where it can't be read: an error remembers the frames that it went through."""
        try:
            return read(self.raw)
        except BaseException as error:
            forget(error)
            raise
        finally:
            self.let_go()


def forget(error: BaseException | None) -> None:
    """Empties the frames that an error and its causes went through."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
