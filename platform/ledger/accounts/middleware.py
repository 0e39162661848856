"""The project a signed-in user is looking at."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ledger.accounts.models import Membership, Project, User

SESSION_PROJECT = "project"


class MemberRequest(HttpRequest):
    """A request of a signed-in user who belongs to a project: what views behind the sign-in receive."""

    user: User
    membership: Membership
    project: Project


class CurrentProjectMiddleware:
    """Sets `request.membership` and `request.project`, both None for who isn't signed in or belongs nowhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership = current_membership(request)
        request.membership = membership  # type: ignore[attr-defined]  # MemberRequest says so to the views
        request.project = membership and membership.project  # type: ignore[attr-defined]
        return self.get_response(request)


def current_membership(request: HttpRequest) -> Membership | None:
    """The membership in the project opened last, else in the user's first; never in one that the request names."""
    if not request.user.is_authenticated:
        return None
    mine = Membership.objects.select_related("project").filter(user=request.user)
    opened: str | None = request.session.get(SESSION_PROJECT)
    return (opened and mine.filter(project_id=opened).first()) or mine.first()
