"""Every address of the web port."""

from django.urls import include, path

from ledger.api.docs import docs
from ledger.api.endpoints import api
from ledger.api.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/docs", docs, name="api_docs"),
    path("api/v1/", api.urls),
    path("", include("ledger.accounts.urls")),
    path("", include("ledger.web.urls")),
]
