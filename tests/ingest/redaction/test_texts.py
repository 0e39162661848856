import time
from contextlib import suppress
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.redaction.redactor import Redactors
from ingest.redaction.texts import CANDIDATES, Texts, TooDense
from ledger.domain.redaction import OwnPattern, Policy
from ledger.domain.span import Value

ALL = Policy(personal=True)
REDACTORS = Redactors("a secret")
CRUMBS = [
    *("password", "token", "phone", "sk-", "eyJ", "Bearer ", "://", "-----BEGIN PRIVATE KEY-----", "-----END", "a.b"),
    *("4111111111111111", "+49", "::", "1", ".", "@", ":", "=", '"', "\\", "'", "{", "}", "[", "]", " ", "\n"),
    *("é", "»", "\xa0"),
]


def texts(policy: Policy = ALL, project: int = 1) -> Texts:
    found = REDACTORS.of(UUID(int=project), policy).texts
    assert found is not None
    return found


class TestMarks:
    def test_equal_values_stay_equal_however_they_are_written(self) -> None:
        redact = texts()

        assert redact.text("Ada@Example.com") == redact.text("ada@example.com")
        assert redact.text("4111-1111-1111-1111") == redact.text("4111 1111 1111 1111")
        assert redact.text("DE89 3704 0044 0532 0130 00") == redact.text("DE89370400440532013000")
        assert redact.text('password="pä$$wort"')[9:-1] in redact.text('{"password": "pä$$wort"}')

    def test_other_values_and_other_projects_have_other_marks(self) -> None:
        assert texts().text("ada@example.com") != texts().text("bob@example.com")
        assert texts(project=1).text("ada@example.com") != texts(project=2).text("ada@example.com")

    def test_another_secret_of_the_house_makes_other_marks(self) -> None:
        other = Redactors("another").of(UUID(int=1), ALL).texts

        assert other is not None
        assert other.text("ada@example.com") != texts().text("ada@example.com")


class TestText:
    def test_a_clean_text_comes_back_as_the_same_object(self) -> None:
        text = "nothing to see " * 100

        assert texts().text(text) is text

    def test_what_stands_around_stays(self) -> None:
        said = texts().text("日本 <ada@example.com> ü")

        assert said.startswith("日本 <[email:")
        assert said.endswith("]> ü")

    def test_a_private_key_that_was_cut_off_goes_as_far_as_it_looks_like_one(self) -> None:
        said = texts().text("-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA\\nab12\\n… [cut here")

        assert "MIIE" not in said
        assert said.endswith("… [cut here")

    @pytest.mark.parametrize("depth", [3, 90, 200, 5000])
    def test_secrets_in_deep_json_are_found(self, depth: int) -> None:
        text = "[" * depth + '{"password":"hunter2","to":"ada@example.com"}' + "]" * depth

        said = texts().text(text)

        assert "hunter2" not in said
        assert "ada@" not in said

    def test_json_in_json_in_json_is_read_by_its_names(self) -> None:
        inner = orjson.dumps({"password": 'a "b" c', "n": 1}).decode()
        middle = orjson.dumps({"arguments": inner}).decode()

        said = texts().text(orjson.dumps([{"content": middle}]).decode())

        kept = orjson.loads(orjson.loads(orjson.loads(said)[0]["content"])["arguments"])
        assert kept["password"].startswith("[password:")
        assert kept["n"] == 1

    def test_redacted_json_is_json(self) -> None:
        said = texts().text('{"card": 4111111111111111, "n": [1, 2.5, null, true], "ssn": "078-05-1120"}')

        kept = orjson.loads(said)
        assert kept["card"].startswith("[card:")
        assert kept["n"] == [1, 2.5, None, True]

    def test_everything_below_the_name_of_a_secret_is_secret(self) -> None:
        said = texts().text('{"credentials": {"user": "ada", "parts": ["x1", 17, true, null]}}')

        assert orjson.loads(said)["credentials"]["parts"][2:] == [True, None]
        assert "ada" not in said
        assert "x1" not in said
        assert "17" not in said.replace(texts().mark("secret", b"17"), "")

    def test_ten_megabytes_are_read_in_a_moment(self) -> None:
        text = "the quick brown fox, 12 of them, jumps over it. " * 220_000 + "ada@example.com"
        start = time.process_time()

        said = texts().text(text)

        assert said.endswith("]")
        assert time.process_time() - start < 2

    def test_what_was_made_to_keep_us_busy_is_given_up(self) -> None:
        with pytest.raises(TooDense):
            texts().text("ada@example.com " * (CANDIDATES + 1))

    def test_secrets_under_their_names_count_as_candidates_too(self) -> None:
        with pytest.raises(TooDense):
            texts().value([{"password": f"hunter{at}"} for at in range(CANDIDATES + 1)])

    def test_the_members_that_are_walked_through_are_bounded(self) -> None:
        few = texts()
        few.members = 100

        with pytest.raises(TooDense):
            few.text(orjson.dumps([{"a": {"token": "sk-proj-" + "a1" * 20}}] * 50).decode())

    @pytest.mark.parametrize(
        "hostile", ["a.", "://a:", "1-", "+1 ", 'token:"', "password=", "eyJ.", "1.1.1.1.", "::1", "@a."]
    )
    def test_no_text_takes_long(self, hostile: str) -> None:
        text = hostile * (1_000_000 // len(hostile)) + "@"
        start = time.process_time()

        with suppress(TooDense):
            texts().text(text)

        assert time.process_time() - start < 3

    @given(st.text())
    def test_no_text_is_too_odd(self, text: str) -> None:
        assert isinstance(texts().text(text), str)

    @given(st.lists(st.sampled_from(CRUMBS)).map("".join))
    def test_no_crumbs_of_secrets_are_too_odd(self, text: str) -> None:
        said = texts().text(text)

        said.encode()
        assert texts().text(said) == said


class TestOwnPatterns:
    def test_a_projects_own_pattern_is_masked_under_its_name(self) -> None:
        redact = texts(Policy(patterns=(OwnPattern("ticket", r"TCK-\d{6}"),)))

        said = redact.text("about TCK-123456 and TCK-123456, not TCK-1")

        mark = redact.mark("ticket", b"TCK-123456")
        assert said == f"about {mark} and {mark}, not TCK-1"

    def test_groups_and_flags_of_one_do_not_disturb_others(self) -> None:
        own = (OwnPattern("a", r"(?i)(?P<x>foo)(\d)"), OwnPattern("b", r"(?P<x>bar)|baz"))

        said = texts(Policy(patterns=own)).text("FOO1 BAR bar baz ada@example.com")

        assert [word.partition(":")[0] for word in said.split()] == ["[a", "BAR", "[b", "[b", "ada@example.com"]

    def test_numbers_are_read_as_they_are_written(self) -> None:
        redact = texts(Policy(patterns=(OwnPattern("member", r"\b77\d{4}\b"),)))

        assert redact.value({"n": 771234, "m": 12}) == {"n": redact.mark("member", b"771234"), "m": 12}


class TestValue:
    VALUES = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["password", "token", "a", "x.y"]), inner),
        max_leaves=20,
    )

    @given(VALUES)
    def test_no_value_is_too_odd(self, value: Value) -> None:
        texts().value(value)

    def test_names_of_members_are_texts_too(self) -> None:
        (key,) = texts().mapping({"ada@example.com": 1})

        assert key.startswith("[email:")

    def test_the_name_tells_a_version_from_an_address(self) -> None:
        held: dict[str, Value] = {"service.version": "1.20.3.44", "client.address": "1.20.3.44"}

        said = texts().mapping(held)

        assert said["service.version"] == "1.20.3.44"
        assert str(said["client.address"]).startswith("[ip:")
