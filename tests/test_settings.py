import pytest
from django.conf import settings

from ledger import environment
from ledger.environment import BadSetting
from ledger.settings import database, hosts, is_hashed


def hosts_of(**given: str) -> list[str]:
    return hosts(environment.read(given))


def test_the_pages_answer_to_this_machines_names_and_the_address_they_listen_on():
    assert hosts_of(SPANLEDGER_BIND="10.1.2.3") == ["localhost", "127.0.0.1", "[::1]", "10.1.2.3"]


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
def test_listening_everywhere_is_not_answering_to_any_name(everywhere):
    assert hosts_of(SPANLEDGER_BIND=everywhere) == ["localhost", "127.0.0.1", "[::1]"]


def test_an_operator_lists_further_names():
    assert hosts_of(SPANLEDGER_ALLOWED_HOSTS="ledger.example.com, ledger.local")[-2:] == [
        "ledger.example.com",
        "ledger.local",
    ]


@pytest.mark.parametrize("wildcard", ["*", "*.example.com", "a.example.com,*"])
def test_a_wildcard_is_refused(wildcard):
    with pytest.raises(BadSetting, match="SPANLEDGER_ALLOWED_HOSTS"):
        hosts_of(SPANLEDGER_ALLOWED_HOSTS=wildcard)


def test_how_long_spans_are_kept_and_how_much_the_spool_may_hold_have_defaults():
    found = environment.read({})

    assert (found.retention_days, found.spool_bytes) == (3650, 4 * 1024**3)
    assert environment.read({"SPANLEDGER_SPOOL_MIB": "64"}).spool_bytes == 64 * 1024**2


@pytest.mark.parametrize("name", ["SPANLEDGER_RETENTION_DAYS", "SPANLEDGER_SPOOL_MIB"])
@pytest.mark.parametrize("value", ["0", "-1", "many", "²", "1e3", "9999999"])
def test_a_senseless_number_is_refused_by_name(name, value):
    with pytest.raises(BadSetting, match=name):
        environment.read({name: value})


def test_a_database_url_may_name_a_socket():
    found = database("postgresql://spanledger@/spanledger?host=/tmp/sockets")

    assert (found["HOST"], found["USER"], found["NAME"], found["PASSWORD"]) == (
        "/tmp/sockets",
        "spanledger",
        "spanledger",
        "",
    )


def test_a_database_url_may_name_a_server_with_all_it_needs():
    found = database("postgresql://ada:p%40ss@db.example.com:6432/ledger?sslmode=verify-full")

    assert (found["HOST"], found["PORT"], found["USER"], found["PASSWORD"], found["NAME"]) == (
        "db.example.com",
        "6432",
        "ada",
        "p@ss",
        "ledger",
    )
    assert found["OPTIONS"]["sslmode"] == "verify-full"


def test_only_files_named_by_their_content_are_kept_for_ever():
    assert is_hashed("", "/static/assets/app-BZeyIWBz.css")
    assert not is_hashed("", "/static/mark.svg")
    assert not is_hashed("", "/static/.vite/manifest.json")


def test_debug_is_off_and_times_are_in_utc():
    assert settings.DEBUG is False
    assert settings.TIME_ZONE == "UTC"
