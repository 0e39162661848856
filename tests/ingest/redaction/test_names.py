import pytest

from ingest.redaction.names import secret_name


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("password", "password"),
        ("DB_PASSWORD", "password"),
        ("userPassword", "password"),
        ("passwd", "password"),
        ("secret", "secret"),
        ("clientSecret", "secret"),
        ("http.request.header.authorization", "authorization"),
        ("http.request.header.x-api-key", "api_key"),
        ("api_key", "api_key"),
        ("apikey", "api_key"),
        ("apiKey", "api_key"),
        ("OPENAI_API_KEY", "api_key"),
        ("secretAccessKey", "api_key"),
        ("cookie", "cookie"),
        ("Set-Cookie", "cookie"),
        ("token", "token"),
        ("access_token", "token"),
        ("accesstoken", "token"),
        ("headers.authorization.0", "authorization"),
    ],
)
def test_names_of_secrets_are_known_in_every_spelling(name: str, label: str) -> None:
    assert secret_name(name) == label


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "gen_ai.usage.input_tokens",
        "max_tokens",
        "token_count",
        "tokenizer",
        "eos_token",
        "next_page_token",
        "primary_key",
        "key",
        "keyboard",
        "password_policy",
        "secretary",
        "author",
        "gen_ai.token.type",
    ],
)
def test_names_that_only_sound_alike_are_not(name: str) -> None:
    assert secret_name(name) == ""
