"""Who may see what: users, projects, memberships and API keys."""

import hmac
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower

from ledger.domain import keys, redaction

USE_IS_NOTED_EVERY = timedelta(minutes=1)
"""A key in heavy use writes its row once a minute, not at every request."""


class Users(BaseUserManager["User"]):
    def create_user(self, email: str, password: str, name: str = "") -> "User":
        user = self.model(email=email.strip().lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in; not the user a trace was made for."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = Users()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="one_user_per_email"),)

    def __str__(self) -> str:
        return self.email


class Project(models.Model):
    """One team's data, keys, members and settings: the wall no query crosses."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    allowed_origins = models.JSONField(default=list)
    """Web sites whose pages may send to this project. Ingest reads this column with SQL of its own."""
    redaction_mode = models.CharField(
        max_length=8, choices=[(mode, mode) for mode in redaction.MODES], default="mask", db_default="mask"
    )
    redaction_personal = models.BooleanField(default=False, db_default=False)
    redaction_patterns = models.JSONField(default=dict, db_default={}, blank=True)
    """Label to RE2 pattern. Ingest reads these three columns with SQL of its own, too."""

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuses what the door could not use."""
        try:
            redaction.Policy.of(self.redaction_mode, self.redaction_personal, self.redaction_patterns)
        except redaction.BadPattern as error:
            raise ValidationError({"redaction_patterns": str(error)}) from error
        except ValueError as error:
            raise ValidationError({"redaction_mode": str(error)}) from error

    def allow_origin(self, origin: str, *, allowed: bool = True) -> None:
        others = [each for each in self.allowed_origins if each != origin]
        self.allowed_origins = [*others, origin] if allowed else others
        self.save(update_fields=["allowed_origins"])

    @classmethod
    def create_with_keys(cls, name: str) -> tuple["Project", dict[str, str]]:
        """A new project and one key of each kind; this is the only time the keys can be read."""
        with transaction.atomic():
            project = cls.objects.create(name=name)
            return project, {kind: ApiKey.issue(project, kind, name="first") for kind in keys.KEY_KINDS}


class Membership(models.Model):
    """What a user may do in a project."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        MEMBER = "member"
        VIEWER = "viewer"

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        constraints = (models.UniqueConstraint("user", "project", name="one_role_per_member"),)
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"

    @property
    def scopes(self) -> frozenset[str]:
        """The same words as an API key's: a member reads, who administers may change prices, suites and keys."""
        administers = self.role in {self.Role.OWNER, self.Role.ADMIN}
        return keys.SCOPES["admin"] if administers else keys.SCOPES["read"]


class ApiKey(models.Model):
    """What is kept of a key: enough to recognise it, not to make it. Ingest reads this table with SQL of its own."""

    public_id = models.CharField(max_length=8, unique=True)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in keys.KEY_KINDS])
    digest = models.CharField(max_length=64)
    project = models.ForeignKey(Project, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} key {self.public_id}"

    @classmethod
    def issue(cls, project: Project, kind: keys.KeyKind, name: str, expires_at: datetime | None = None) -> str:
        """A new key, as text. Only its digest is kept."""
        key = keys.new_key(kind)
        digest = keys.digest(key, settings.SECRET_KEY)
        cls.objects.create(
            public_id=key.id, kind=kind, digest=digest, project=project, name=name, expires_at=expires_at
        )
        return key.text

    @classmethod
    def presented(cls, text: str, now: datetime) -> "ApiKey | None":
        """The live key of this text, or None; a text that can't be a key costs no look-up."""
        key = keys.parse_key(text)
        if key is None:
            return None
        known = cls.objects.select_related("project").filter(public_id=key.id).first()
        if known is None or not hmac.compare_digest(known.digest, keys.digest(key, settings.SECRET_KEY)):
            return None
        return known if known.is_live(now) else None

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def scopes(self) -> frozenset[str]:
        return keys.SCOPES[self.kind]

    def note_use(self, now: datetime) -> None:
        if self.last_used_at is None or now - self.last_used_at >= USE_IS_NOTED_EVERY:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)
