import socket
import time

import pytest

from ledger.domain.keys import new_key
from tests.ingest.house import House


def answered(house: House, header: bytes) -> tuple[int, float]:
    """The status of a request with this header, as bytes, and how long it took."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", house.port), 10) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n" + header + b"\r\n\r\n")
        said = connection.recv(4096)
    return int(said.split(b" ", 2)[1]), time.monotonic() - start


@pytest.mark.parametrize(
    "key",
    [
        b"sk-' OR 1=1--",
        b"x" * 1_000_000,
        "sl_ingest_ä".encode(),
        b"\xff\xfe\xfd",
        b"sl_ingest_" + b"a" * 60 + b"_00000000",
        b"Basic " + b"=" * 1000,
        b"null",
        b"",
    ],
    ids=["an injection", "a mebibyte", "no ASCII", "no UTF-8", "a bad check sum", "no base64", "null", "nothing"],
)
def test_a_hostile_key_is_refused(house: House, key: bytes) -> None:
    status, _ = answered(house, b"authorization: Bearer " + key)

    assert status == 401
    assert house.answers("/healthz")


def test_a_header_that_is_none_is_refused(house: House) -> None:
    status, _ = answered(house, b"authorization: Bearer a\0b")

    assert status in (400, 401)
    assert house.answers("/healthz")


def test_a_stranger_waits_no_longer_than_for_a_few_questions(house: House) -> None:
    for _ in range(50):
        status, seconds = answered(house, b"authorization: Bearer " + new_key("ingest").text.encode())

        assert status == 401
        assert seconds < 2
