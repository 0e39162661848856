import pytest
from django.test import Client

from ledger.accounts import throttle
from ledger.accounts.models import Membership, Project, User

PASSWORD = "a password of some length"


@pytest.fixture
def ada(project):
    user = User.objects.create_user("ada@example.com", PASSWORD)
    Membership.objects.create(user=user, project=project, role=Membership.Role.VIEWER)
    return user


@pytest.fixture(autouse=True)
def nobody_failed_before():
    from django.core.cache import cache

    cache.clear()


def sign_in(client: Client, password: str, email: str = "ada@example.com", **headers: str):
    return client.post("/sign-in", {"username": email, "password": password}, **headers)


def test_signing_in_leads_to_the_overview(client, ada):
    answer = sign_in(client, PASSWORD)

    assert answer.status_code == 302
    assert answer["Location"] == "/"


def test_signing_in_leads_to_the_page_that_was_asked_for_but_never_elsewhere(client, ada):
    wanted = client.post("/sign-in", {"username": ada.email, "password": PASSWORD, "next": "/traces?q=a"})
    client.logout()
    foreign = client.post("/sign-in", {"username": ada.email, "password": PASSWORD, "next": "https://evil.example/"})

    assert wanted["Location"] == "/traces?q=a"
    assert foreign["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which_was_wrong(client, ada):
    wrong_password, wrong_user = sign_in(client, "guess"), sign_in(client, "guess", "eve@example.com")

    assert wrong_password.status_code == wrong_user.status_code == 200
    assert b"belong together" in wrong_password.content
    assert b"belong together" in wrong_user.content


def test_after_too_many_wrong_passwords_the_right_one_has_to_wait_too(client, ada):
    for _ in range(throttle.ALLOWED_FAILURES):
        sign_in(client, "guess")

    assert sign_in(client, PASSWORD).status_code == 429


def test_guessing_one_account_does_not_lock_another_place_out(client, ada):
    for _ in range(throttle.ALLOWED_FAILURES):
        sign_in(client, "guess")

    assert sign_in(client, PASSWORD, REMOTE_ADDR="10.1.2.3").status_code == 302


def test_a_made_up_forwarding_address_does_not_help_guessing(client, ada):
    for number in range(throttle.ALLOWED_FAILURES):
        sign_in(client, "guess", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")

    assert sign_in(client, PASSWORD, HTTP_X_FORWARDED_FOR="10.9.9.9").status_code == 429


def test_signing_out_takes_a_form_not_a_link(client, ada):
    client.force_login(ada)

    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert "_auth_user_id" not in client.session


def test_a_form_without_its_token_is_refused(ada):
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client, PASSWORD).status_code == 403


def test_a_member_opens_another_of_their_projects(client, ada):
    second = Project.objects.create(name="Second")
    Membership.objects.create(user=ada, project=second, role=Membership.Role.ADMIN)
    client.force_login(ada)

    client.post(f"/projects/{second.id}/open")

    assert client.get("/healthz").wsgi_request.project == second


def test_a_project_of_others_is_not_there(client, ada, project):
    foreign = Project.objects.create(name="Others'")
    client.force_login(ada)

    assert client.post(f"/projects/{foreign.id}/open").status_code == 404
    assert client.get("/healthz").wsgi_request.project == project


def test_who_lost_a_membership_lost_the_project(client, ada, project):
    client.force_login(ada)
    client.post(f"/projects/{project.id}/open")
    Membership.objects.all().delete()

    assert client.get("/healthz").wsgi_request.project is None


def test_pages_run_only_scripts_of_our_own(client, db):
    policy = client.get("/sign-in")["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert client.get("/sign-in")["X-Content-Type-Options"] == "nosniff"
    assert client.get("/sign-in")["Referrer-Policy"] == "same-origin"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, ada):
    sign_in(client, PASSWORD)

    cookie = client.cookies["spanledger_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
