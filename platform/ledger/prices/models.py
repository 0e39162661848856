"""The price book as it is kept: dated and versioned rows whose rates never change."""

from typing import Self

from django.db import models
from django.db.models import Q

from ledger.accounts.models import Project
from ledger.domain.prices import RATED, Price, Rates
from ledger.store.prices import read_tiers, written_tiers


class PriceQuerySet(models.QuerySet["PriceRow"]):
    def current(self) -> "PriceQuerySet":
        """The newest version of each price."""
        return self.filter(superseded_at=None)

    def seen_by(self, project: Project) -> "PriceQuerySet":
        """The catalogue and the project's own, nobody else's."""
        return self.filter(Q(project=None) | Q(project=project))


class PriceRow(models.Model):
    """One version of one price: USD per million tokens (`request`: per call), from and to when, for which model names.

    Versions are never changed, so that the rows of a price are its history: who set it, when, and until when it stood.
    """

    price_id = models.CharField(max_length=300)
    version = models.PositiveIntegerField()
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="prices")
    provider = models.CharField(max_length=100)
    model = models.CharField(max_length=200)
    pattern = models.JSONField()
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    input = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    cache_read = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    cache_write = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    cache_write_1h = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    output = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    input_audio = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    output_audio = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    input_image = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    output_image = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    request = models.DecimalField(max_digits=18, decimal_places=10, null=True)
    tiers = models.JSONField(default=list)
    note = models.TextField(blank=True)
    set_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True)

    objects = PriceQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "project", "price_id", "version", name="one_row_per_price_version", nulls_distinct=False
            ),
        )
        indexes = (models.Index(fields=["provider", "model"], name="price_by_model"),)

    def __str__(self) -> str:
        return f"{self.price_id} version {self.version}"

    @classmethod
    def of(cls, price: Price, note: str = "", set_by: str = "") -> Self:
        """A row, not yet saved, that keeps this price."""
        return cls(
            price_id=price.id,
            version=price.version,
            project_id=price.project_id,
            provider=price.provider,
            model=price.model,
            pattern=price.pattern,
            valid_from=price.valid_from,
            valid_to=price.valid_to,
            tiers=written_tiers(price.tiers),
            note=note,
            set_by=set_by,
            **{name: getattr(price.rates, name) for name in RATED},
        )

    def price(self) -> Price:
        """The row in the words of the domain."""
        return Price(
            id=self.price_id,
            provider=self.provider,
            model=self.model,
            pattern=self.pattern,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            rates=Rates(**{name: getattr(self, name) for name in RATED}),
            tiers=read_tiers(self.tiers),
            source="project" if self.project_id else "catalogue",
            version=self.version,
            project_id=self.project_id,
        )


class CatalogueRelease(models.Model):
    """A version of the shipped catalogue that was taken over; published once ClickHouse has it too."""

    version = models.CharField(max_length=100, unique=True)
    seeded_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.version
