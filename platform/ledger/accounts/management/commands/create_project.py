"""`manage.py create_project NAME`: a project and its first keys."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ledger.accounts.models import Project


class Command(BaseCommand):
    help = "Make a project and its first three keys; the keys are shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        project, keys = Project.create_with_keys(options["name"])
        if options["json"]:
            self.stdout.write(json.dumps({"project": {"id": str(project.id), "name": project.name}, "keys": keys}))
            return
        self.stdout.write(f'Project "{project.name}" ({project.id}). Its keys are shown this once:')
        for kind, key in keys.items():
            self.stdout.write(f"  {kind:<6}  {key}")
