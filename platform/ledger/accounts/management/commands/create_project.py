"""`manage.py create_project NAME`: a project and its first keys."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.accounts.credentials import ADMIN_EMAIL
from ledger.accounts.models import Membership, Project, User


class Command(BaseCommand):
    help = "Make a project and its first three keys; the keys are shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--owner", metavar="EMAIL", help="who may open its pages; the administrator where not given"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = owner_of(options["owner"])
        project, keys = Project.create_with_keys(options["name"])
        if owner is not None:
            Membership.objects.create(user=owner, project=project, role=Membership.Role.OWNER)
        if options["json"]:
            self.stdout.write(json.dumps({"project": {"id": str(project.id), "name": project.name}, "keys": keys}))
            return
        self.stdout.write(f'Project "{project.name}" ({project.id}). Its keys are shown this once:')
        for kind, key in keys.items():
            self.stdout.write(f"  {kind:<6}  {key}")


def owner_of(email: str | None) -> User | None:
    """The user named, else the administrator; None on a database that has none yet."""
    found = User.objects.filter(email=(email or ADMIN_EMAIL).strip().lower()).first()
    if email and found is None:
        raise CommandError(f"Nobody signs in as {email} here.")
    return found
