"""`manage.py allow_origin PROJECT ORIGIN`: pages of this web site may send to this project."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ledger.accounts.models import Project
from ledger.accounts.origins import NotAnOrigin, origin


class Command(BaseCommand):
    help = "Let the pages of a web site send to a project from the browser; print the sites that may."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="its id, or its name where no other project has it")
        parser.add_argument("origin", nargs="?", help="scheme and host, such as https://app.example.com")
        parser.add_argument("--forget", action="store_true", help="take the permission back")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_of(options["project"])
        if options["origin"]:
            change(project, options["origin"], forget=options["forget"])
        for allowed in project.allowed_origins:
            self.stdout.write(allowed)


def project_of(text: str) -> Project:
    found = list(Project.objects.filter(pk=text) if is_id(text) else Project.objects.filter(name=text))
    if not found:
        raise CommandError(f'There is no project "{text}".')
    if len(found) > 1:
        ids = ", ".join(str(project.pk) for project in found)
        raise CommandError(f'{len(found)} projects are named "{text}". Give the id of one: {ids}')
    return found[0]


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def change(project: Project, text: str, *, forget: bool) -> None:
    try:
        project.allow_origin(origin(text), allowed=not forget)
    except NotAnOrigin as error:
        raise CommandError(str(error)) from error
