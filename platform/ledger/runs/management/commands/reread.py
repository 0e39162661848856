"""`./run manage reread --from 2026-11-01 --to 2026-11-08`: a past window through the mapping as it is now."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ledger.audit.rereading import Progress, reread
from ledger.store.rereading import Window
from ledger.stores import writer


class Command(BaseCommand):
    help = (
        "Read the spans of a past window again, after a client's mapping was corrected. Safe to break off and repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="since", required=True, help="a day or a time, UTC unless said otherwise")
        parser.add_argument("--to", dest="until", required=True, help="the first moment that is not read any more")
        parser.add_argument("--project", type=UUID, help="a project's id; all projects otherwise")

    def handle(self, *, since: str, until: str, project: UUID | None, **_options: Any) -> None:
        window = Window(moment("--from", since), moment("--to", until))
        if window.since >= window.until:
            raise CommandError("--from must lie before --to.")
        days: dict[tuple[UUID, object], Progress] = {}
        for progress in reread(writer(), window, project):
            days[progress.project, progress.day] = progress
            self.stdout.write(line(progress))
        self.stdout.write(summary(list(days.values())))


def moment(option: str, text: str) -> int:
    """Microseconds since 1970."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"{option} {text}: expected a day or a time, such as 2026-11-01 or 2026-11-01T12:00Z."
        ) from error
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def line(progress: Progress) -> str:
    gone = f", {progress.lost:,} no longer kept whole" if progress.lost else ""
    done = f"{progress.read:,} of {progress.total:,} spans read, {progress.corrected:,} corrected{gone}"
    return f"{progress.day}  {progress.project}  {done}"


def summary(days: list[Progress]) -> str:
    if not days:
        return "Nothing to do: the mapping as it is now has read every span of this window."
    read, corrected = sum(day.read for day in days), sum(day.corrected for day in days)
    return f"{read:,} spans read, {corrected:,} corrected. The settler takes it from here."
