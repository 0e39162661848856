"""The login and key of the default project, kept in `$SPANLEDGER_HOME` so that every start prints the same."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from ledger.accounts.models import ApiKey, Membership, Project, User

FILE = "credentials.json"
ADMIN_EMAIL = "admin@localhost"
PROJECT_NAME = "Default"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a newcomer needs to get in; secret."""

    api_key: str
    admin_email: str
    admin_password: str
    project: str

    @classmethod
    def kept(cls, home: Path) -> "Credentials | None":
        file = home / FILE
        return cls(**json.loads(file.read_text())) if file.exists() else None

    def keep(self, home: Path) -> None:
        """Written whole, readable by the owner alone from its first byte."""
        draft = home / f"{FILE}.new"
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file)
        draft.replace(home / FILE)

    def work(self) -> bool:
        """False for those of a database that is gone, or of another secret key."""
        key = ApiKey.presented(self.api_key, timezone.now())
        member = Membership.objects.filter(user__email=self.admin_email, project_id=self.project)
        return key is not None and str(key.project_id) == self.project and member.exists()


def default_credentials(home: Path) -> Credentials:
    """Those kept in this home where they still work, else new ones."""
    kept = Credentials.kept(home)
    if kept is not None and kept.work():
        return kept
    made = make_default_project()
    made.keep(home)
    return made


def make_default_project() -> Credentials:
    """A project, an administrator and a key; whoever has the address already gets the new password."""
    password = secrets.token_urlsafe(18)
    with transaction.atomic():
        project = Project.objects.filter(name=PROJECT_NAME).order_by("created_at").first()
        project = project or Project.objects.create(name=PROJECT_NAME)
        user = User.objects.filter(email=ADMIN_EMAIL).first() or User(email=ADMIN_EMAIL, name="Administrator")
        user.set_password(password)
        user.save()
        Membership.objects.update_or_create(user=user, project=project, defaults={"role": Membership.Role.OWNER})
        key = ApiKey.issue(project, "admin", name="default")
    return Credentials(api_key=key, admin_email=ADMIN_EMAIL, admin_password=password, project=str(project.id))
