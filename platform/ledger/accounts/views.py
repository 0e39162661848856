"""Signing in and out, and choosing the project to look at."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from ledger.accounts import throttle
from ledger.accounts.forms import SignInForm
from ledger.accounts.middleware import SESSION_PROJECT
from ledger.accounts.models import Membership


class SignIn(LoginView):
    """The sign-in page; after too many wrong passwords it asks to wait, whatever is entered."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        attempt = throttle.Attempt.of(request)
        if attempt.is_one_too_many():
            page = self.get_context_data(form=self.form_class(request), wait_minutes=throttle.WINDOW_MINUTES)
            return self.render_to_response(page, status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        throttle.Attempt.of(self.request).failed()
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        throttle.Attempt.of(self.request).succeeded()
        return super().form_valid(form)


class SignOut(LogoutView):
    http_method_names = ["post"]  # noqa: RUF012 - declared by Django as an instance variable


@require_POST
@login_required
def open_project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Look at this project from now on; one the user doesn't belong to isn't there."""
    membership = get_object_or_404(Membership, user=request.user, project_id=project_id)
    request.session[SESSION_PROJECT] = str(membership.project_id)
    return redirect("/")
