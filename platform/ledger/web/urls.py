from django.urls import path

from ledger.web import views

app_name = "web"

urlpatterns = [
    path("", views.show_overview, name="overview"),
    path("routes", views.show_routes, name="routes"),
    path("models", views.show_models, name="models"),
    path("traces", views.show_traces, name="traces"),
    path("traces/<str:trace_id>", views.show_trace, name="trace"),
    path("prices", views.show_prices, name="prices"),
    path("theme", views.change_theme, name="theme"),
]
