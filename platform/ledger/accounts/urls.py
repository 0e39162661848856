from django.urls import path

from ledger.accounts import views

app_name = "accounts"

urlpatterns = [
    path("sign-in", views.SignIn.as_view(), name="sign_in"),
    path("sign-out", views.SignOut.as_view(), name="sign_out"),
    path("projects/<uuid:project_id>/open", views.open_project, name="open_project"),
]
