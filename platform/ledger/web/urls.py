from django.urls import path

from ledger.web import views

app_name = "web"

urlpatterns = [
    path("", views.show_overview, name="overview"),
    path("traces", views.show_traces, name="traces"),
    path("traces/<str:trace_id>", views.show_trace, name="trace"),
    path("theme", views.change_theme, name="theme"),
]
