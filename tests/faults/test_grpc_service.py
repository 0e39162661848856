"""Ingest is killed and stopped under gRPC load: nothing acknowledged is lost, nothing is there twice."""

import random
import threading
import time
from collections.abc import Iterator
from uuid import UUID

import grpc
import pytest

from ledger.store.client import Store
from tests.faults.grpc_producer import GrpcProducer
from tests.faults.judge import judge
from tests.ingest.exports import method
from tests.ingest.house import House
from tests.ingest.requests import body, span

pytestmark = pytest.mark.faults

RETRYABLE = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"}
"""What a client may see of a server that ends: all of it is to be sent again by OTLP's own list. CANCELLED comes from
gRPC itself, for calls that were not yet handed to us."""


def test_killing_ingest_in_mid_load_loses_nothing_acknowledged(house: House, store: Store, project: UUID) -> None:
    moments = random.Random(3)
    house.start_ingest()
    house.start_writer()
    with GrpcProducer(house, house.key(project)) as producer:
        for _ in range(5):
            before = len(producer.acknowledged)
            house.wait(lambda before=before: len(producer.acknowledged) > before + 100, "some spans to be taken")
            time.sleep(moments.random() * 0.1)  # a random moment is the point: nothing to wait for
            house.kill(house.ingest)
            house.start_ingest()

    judge(house, store, project, producer)
    assert producer.codes <= {"OK"} | RETRYABLE


def test_sigterm_under_load_loses_nothing_and_ends_within_ten_seconds(
    house: House, store: Store, project: UUID
) -> None:
    house.start_ingest()
    house.start_writer()
    with GrpcProducer(house, house.key(project)) as producer:
        for _ in range(3):
            before = len(producer.acknowledged)
            house.wait(lambda before=before: len(producer.acknowledged) > before + 100, "some spans to be taken")
            assert house.ingest is not None
            house.ingest.terminate()
            assert house.ingest.wait(10) == 0
            house.start_ingest()

    judge(house, store, project, producer)
    assert producer.codes <= {"OK"} | RETRYABLE


def test_a_call_that_never_ends_is_cut_off_within_ten_seconds(house: House, project: UUID) -> None:
    house.start_ingest()
    metadata, ended = (("x-api-key", house.key(project)),), threading.Event()

    def half() -> Iterator[bytes]:
        yield body(span(1))
        ended.wait(30)

    with grpc.insecure_channel(f"127.0.0.1:{house.grpc_port}") as channel:
        hanging = channel.stream_unary(method("traces")).future(half(), metadata=metadata)
        # The same connection, so the call above has begun when this one is answered.
        channel.unary_unary(method("traces"))(body(span(2)), metadata=metadata, timeout=10)
        assert house.ingest is not None
        house.ingest.terminate()

        assert house.ingest.wait(10) == 0
        assert hanging.code() == grpc.StatusCode.UNAVAILABLE
        ended.set()
