"""One life of the stack: take the home, clear what is in the way, run in the foreground until told to stop."""

import asyncio
import os
import signal

from ledger import environment
from ledger.stack import home, leftovers, migrated, plan, ports, sockets
from ledger.stack.journal import Screen
from ledger.stack.plan import Plan
from ledger.stack.supervisor import Supervisor

BANNER = """
Spanledger is running.

  Pages    {SPANLEDGER_WEB_URL}
  Login    {SPANLEDGER_ADMIN_EMAIL}  {SPANLEDGER_ADMIN_PASSWORD}
  API key  {SPANLEDGER_API_KEY}

  To send it the model calls of a Python program, give the program

    export SPANLEDGER_ENDPOINT={SPANLEDGER_ENDPOINT} SPANLEDGER_API_KEY={SPANLEDGER_API_KEY}

  and this line:

    import spanledger; spanledger.init()

  Ctrl-C stops everything.
"""


def hold(*, demo: bool) -> int:
    """Everything that can be refused is refused before anything starts."""
    place = environment.read().home
    with home.held(place):
        settings = environment.read()  # again: only now a note of a killed stack is out of the way
        for gone in leftovers.end(place):
            print(f"Ended what a killed stack had left: {gone}")  # noqa: T201  the screen is not up yet
        stack = plan.make(settings, demo=demo)
        ports.require(settings.bind, stack.public_ports)
        home.note_stack(place, stack.variables())
        return asyncio.run(run(stack))


async def run(stack: Plan) -> int:
    screen = Screen()
    environ = plan.inherited(os.environ) | stack.variables()
    supervisor = Supervisor(stack.home, stack.services(), environ, screen)
    asked = asyncio.create_task(told_to_stop(supervisor.hurry).wait())
    supervisor.start()
    story = asyncio.create_task(tell(stack, supervisor, screen))
    try:
        await asyncio.wait({story, asked}, return_when=asyncio.FIRST_COMPLETED)
        if story.done():
            story.result()
        return 0
    finally:
        story.cancel()
        home.clear(stack.home)
        await supervisor.stop()
        sockets.discard(stack.home)
        screen.close()


async def tell(stack: Plan, supervisor: Supervisor, screen: Screen) -> None:
    """Say when the stack is healthy, and how to use it; ends only by raising what went wrong."""
    await supervisor.healthy()
    migrated.write(stack.home, stack.variables())
    home.note_healthy(stack.home, stack.connection())
    screen.show(BANNER.format(**stack.connection()))
    await supervisor.failure


def told_to_stop(hurry: asyncio.Event) -> asyncio.Event:
    """Set at the first Ctrl-C or SIGTERM; a second one sets `hurry`."""
    asked = asyncio.Event()

    def ask() -> None:
        (hurry if asked.is_set() else asked).set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ask)
    return asked
