"""Places where a test may have the process killed, as the machine might: nothing is cleaned up."""

import os
import signal

PLACES = ("decided", "inserted", "written")

armed: str | None = None


def reached(place: str) -> None:
    if armed == place:
        os.kill(os.getpid(), signal.SIGKILL)
