"""`manage.py redaction PROJECT`: what is taken out of a project's texts before they are kept."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from ledger.accounts.management.commands.allow_origin import project_of
from ledger.accounts.models import Project
from ledger.domain.redaction import MODES, BadPattern, parsed

FIELDS = ("redaction_mode", "redaction_personal", "redaction_patterns")


class Command(BaseCommand):
    help = "Show or change what is taken out of a project's texts. It holds within a minute, for what comes in then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="its name or id")
        parser.add_argument("--mode", choices=MODES, help="keep texts as sent, mask what is found, or drop all content")
        personal = parser.add_mutually_exclusive_group()
        personal.add_argument("--personal", action="store_true", default=None, help="mask personal data, too")
        personal.add_argument("--no-personal", action="store_false", dest="personal", help="leave personal data alone")
        parser.add_argument("--pattern", action="append", default=[], metavar="LABEL=RE2", help="add or change one")
        parser.add_argument("--remove", action="append", default=[], metavar="LABEL", help="take a pattern away")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_of(options["project"])
        try:
            change(project, options)
        except (BadPattern, ValidationError) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from error
        project.save(update_fields=FIELDS)
        self.stdout.write(told(project))


def change(project: Project, options: Mapping[str, Any]) -> None:
    """The project as asked for, checked."""
    held, remove = project.redaction_patterns, options["remove"]
    unknown = next((label for label in remove if label not in held), None)
    if unknown is not None:
        raise BadPattern(unknown, "there is none to remove.")
    project.redaction_mode = options["mode"] or project.redaction_mode
    if options["personal"] is not None:
        project.redaction_personal = options["personal"]
    kept = {label: pattern for label, pattern in held.items() if label not in remove}
    project.redaction_patterns = kept | parsed(options["pattern"])
    project.clean()


def told(project: Project) -> str:
    personal = "is masked" if project.redaction_personal and project.redaction_mode != "off" else "is not looked for"
    lines = [f'Project "{project.name}": redaction is {project.redaction_mode}, personal data {personal}.']
    lines += [f"  {label:<16} {pattern}" for label, pattern in sorted(project.redaction_patterns.items())]
    return "\n".join(lines)
