"""Every address of the web port."""

from django.urls import include, path

urlpatterns = [
    path("", include("ledger.accounts.urls")),
    path("", include("ledger.web.urls")),
]
