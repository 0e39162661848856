"""The gRPC server on its port: there alone, and on any address."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from ingest.address import Address, PortTaken
from ingest.door import Door
from ingest.grpc_listener import GrpcListener
from ingest.keys import Find, KeyRing, KeyRow
from ingest.origins import Allowed, Origins
from ingest.redaction.redactor import Redactors
from ingest.spool import Spool
from ledger.domain.keys import new_key
from tests.ingest.exports import method, retry_after
from tests.ingest.house import ROOT, House, free_port

VARIABLE = "SPANLEDGER_OTLP_GRPC_PORT"


async def nobody(_public_id: str) -> KeyRow | None:
    return None


async def nowhere() -> Allowed:
    return {}


async def broken(_public_id: str) -> KeyRow | None:
    raise RuntimeError("a mistake of ours")


def door(folder: Path, find: Find = nobody) -> Door:
    return Door(KeyRing(find, "pepper"), Spool(folder), Origins(nowhere), Redactors("pepper"))


async def refusal(shared: Door, host: str, target: str, key: str = "") -> grpc.RpcError:
    """What a listener on this host answers to a call with this key."""
    port, stopping = free_port(), asyncio.Event()
    serving = asyncio.create_task(GrpcListener(shared, Address(host, port, VARIABLE)).serve(stopping, 1))
    async with grpc.aio.insecure_channel(f"{target}:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.unary_unary(method("traces"))(
                b"", metadata=(("x-api-key", key),), timeout=10, wait_for_ready=True
            )
    stopping.set()
    await serving
    return refused.value


@pytest.mark.parametrize(("host", "target"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1")])
def test_it_answers_on_the_address_that_it_was_given(spool_folder: Path, host: str, target: str) -> None:
    shared = door(spool_folder)

    error = asyncio.run(refusal(shared, host, target))

    assert error.code() == grpc.StatusCode.UNAUTHENTICATED
    shared.spool.close()


def test_a_mistake_of_ours_is_unavailable_and_not_unknown(spool_folder: Path) -> None:
    shared = door(spool_folder, broken)

    error = asyncio.run(refusal(shared, "127.0.0.1", "127.0.0.1", new_key("ingest").text))

    assert (error.code(), retry_after(error)) == (grpc.StatusCode.UNAVAILABLE, 1)
    shared.spool.close()


def test_a_taken_port_is_refused_by_its_variable(spool_folder: Path) -> None:
    shared = door(spool_folder)

    async def opened(port: int) -> None:
        GrpcListener(shared, Address("127.0.0.1", port, VARIABLE))

    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortTaken, match=VARIABLE):
        asyncio.run(opened(other.getsockname()[1]))
    shared.spool.close()


def test_two_of_them_never_share_a_port(house: House, tmp_path: Path) -> None:
    ours = {"SPANLEDGER_HOME": str(tmp_path), "SPANLEDGER_OTLP_HTTP_PORT": str(free_port())}
    ours["SPANLEDGER_INGEST_URL"] = f"http://127.0.0.1:{free_port()}"

    second = subprocess.run(
        [sys.executable, "-m", "ingest"], env=house.environ | ours, cwd=ROOT, capture_output=True, text=True, timeout=30
    )

    assert second.returncode == 1
    assert f"Can't listen on 127.0.0.1:{house.grpc_port} (Address already in use)" in second.stdout + second.stderr
    assert VARIABLE in second.stdout + second.stderr
