"""`manage.py ensure_default_project`: what a stack needs before anyone can use it; quick where it is there already."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from ledger.accounts.credentials import default_credentials


class Command(BaseCommand):
    requires_system_checks = ()  # the start of a stack waits for this
    help = "Make sure of the default project, its administrator and key, and the price book; print how to get in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("seed_prices", verbosity=0)
        credentials = asdict(default_credentials(settings.ENVIRONMENT.home))
        if options["json"]:
            self.stdout.write(json.dumps(credentials))
            return
        for name, value in credentials.items():
            self.stdout.write(f"{name.replace('_', ' '):<15} {value}")
