"""The stack as data: which services there are, what each needs, and how one knows that it is ready."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ledger.environment import Environment
from ledger.stack import broker, frontend, migrated, ports, postgres, private
from ledger.stack.private import Secrets
from ledger.stack.service import Service, answers, says

ROOT = Path(__file__).resolve().parents[3]
DOORS_FIRST, STORE_KEEPERS, SERVERS = 0, 1, 2
UNTOLD = {"PYTHONWARNINGS": "ignore::UserWarning:celery.platforms"}
"""Celery's advice against root is about pickled messages; ours are JSON, and root may well be who runs us."""
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  how to reach ourselves where we listen everywhere


@dataclass(frozen=True, slots=True)
class Plan:
    """One stack, worked out before anything starts."""

    environment: Environment
    secrets: Secrets
    gateway_port: int
    ingest_port: int
    stub_port: int
    demo: bool

    @property
    def home(self) -> Path:
        return self.environment.home

    @property
    def web_url(self) -> str:
        return f"http://{reach(self.environment.bind)}:{self.environment.web_port}"

    @property
    def endpoint(self) -> str:
        return f"http://{reach(self.environment.bind)}:{self.environment.otlp_http_port}"

    @property
    def public_ports(self) -> dict[str, int]:
        ours = self.environment
        return {
            "SPANLEDGER_WEB_PORT": ours.web_port,
            "SPANLEDGER_OTLP_HTTP_PORT": ours.otlp_http_port,
            "SPANLEDGER_OTLP_GRPC_PORT": ours.otlp_grpc_port,
        }

    def variables(self) -> dict[str, str]:
        """What every service is told, and what the home notes."""
        given, secrets = self.environment, self.secrets
        gateway = f"127.0.0.1:{self.gateway_port}/spanledger"
        writer = given.clickhouse_url or f"http://spanledger:{secrets.writer_password}@{gateway}"
        reader = given.clickhouse_reader_url or given.clickhouse_url
        return {
            "SPANLEDGER_HOME": str(given.home),
            "SPANLEDGER_BIND": given.bind,
            "SPANLEDGER_WEB_PORT": str(given.web_port),
            "SPANLEDGER_OTLP_HTTP_PORT": str(given.otlp_http_port),
            "SPANLEDGER_OTLP_GRPC_PORT": str(given.otlp_grpc_port),
            "SPANLEDGER_SECRET_KEY": secrets.secret_key,
            "SPANLEDGER_INGEST_URL": f"http://127.0.0.1:{self.ingest_port}",
            "DATABASE_URL": given.database_url or postgres.url(given.home),
            "CLICKHOUSE_URL": writer,
            "CLICKHOUSE_READER_URL": reader or f"http://reader:{secrets.reader_password}@{gateway}",
            "BROKER_URL": given.broker_url or broker.url(given.home / "broker"),
        } | ({"SPANLEDGER_STUB_URL": f"http://127.0.0.1:{self.stub_port}"} if self.demo else {})

    def connection(self) -> dict[str, str]:
        """What a user of the default project needs; known once `project` has run."""
        known = private.credentials(self.home)
        return {
            "SPANLEDGER_ENDPOINT": self.endpoint,
            "SPANLEDGER_API_KEY": known.api_key,
            "SPANLEDGER_WEB_URL": self.web_url,
            "SPANLEDGER_ADMIN_EMAIL": known.admin_email,
            "SPANLEDGER_ADMIN_PASSWORD": known.admin_password,
        }

    def services(self) -> list[Service]:
        servers = self.servers()
        steps = [] if self.is_migrated() else self.steps(tuple(server.name for server in servers))
        needs = tuple(service.name for service in (*servers, *steps))
        return [*servers, *steps, *self.rooms(needs), *(self.guests() if self.demo else [])]

    def is_migrated(self) -> bool:
        return migrated.is_current(self.home, self.variables(), outside=self.uses_servers_of_others)

    @property
    def uses_servers_of_others(self) -> bool:
        return bool(self.environment.database_url or self.environment.clickhouse_url)

    def servers(self) -> list[Service]:
        """The embedded servers: those for which no URL was given."""
        found = []
        if not self.environment.database_url:
            found.append(self.postgres())
        if not self.environment.clickhouse_url:
            found.append(self.gateway())
        return found

    def postgres(self) -> Service:
        server = postgres.cluster(self.home)
        return Service(
            "postgres",
            tuple(server.command()),
            before=partial(postgres.prepare, server),
            ready=lambda _: server.ready(),
            identity=server.identity,
            end_signal=postgres.END_SIGNAL,
            stops=SERVERS,
        )

    def gateway(self) -> Service:
        secrets, port = self.secrets, str(self.gateway_port)
        users = {
            "GATEWAY_WRITER": f"spanledger:{secrets.writer_password}",
            "GATEWAY_READER": f"reader:{secrets.reader_password}",
        }
        place = ("--path", str(self.home / "clickhouse"), "--host", "127.0.0.1", "--port", port)
        return Service(
            "gateway",
            python("ledger.stack.gateway", *place, "--database", "spanledger"),
            environ=lambda: users,
            ready=answers(f"http://127.0.0.1:{port}/ping"),
            stops=SERVERS,
        )

    def steps(self, servers: tuple[str, ...]) -> list[Service]:
        """What a first start does, and every start after the code or the servers changed."""
        manage = (sys.executable, str(ROOT / "manage.py"))
        return [
            Service("migrate", (*manage, "migrate", "--no-input"), needs=servers, once=True),
            Service("store", python("ledger.store.migrate"), needs=servers, once=True),
            Service(
                "project",
                (*manage, "ensure_default_project"),
                needs=("migrate", "store"),
                once=True,
                secret_output=True,
            ),
        ]

    def rooms(self, needs: tuple[str, ...]) -> list[Service]:
        celery = python("celery", "-A", "ledger", "--quiet")
        bundle = [] if frontend.is_current() else [frontend_step()]
        lone = ("--hostname", "worker@spanledger", "--without-gossip", "--without-mingle", "--without-heartbeat")
        return [
            *bundle,
            Service("ingest", python("ingest"), needs=needs, ready=answers(f"{self.endpoint}/readyz")),
            Service("writer", python("ingest.writer"), needs=needs, stops=STORE_KEEPERS),
            Service("settler", python("ledger.settle.settler"), needs=needs, stops=STORE_KEEPERS),
            Service("web", python("ledger.web"), needs=(*needs, "frontend"), ready=answers(f"{self.web_url}/readyz")),
            Service(
                "worker",
                (*celery, "worker", *lone, "--loglevel", "INFO"),
                needs=needs,
                before=self.requeue,
                environ=lambda: UNTOLD,
                listens_for=" ready.",
                ready=says(" ready."),
            ),
            Service("beat", (*celery, "beat", "--pidfile=", "--loglevel", "INFO"), needs=needs),
        ]

    def requeue(self) -> None:
        if not self.environment.broker_url:
            broker.requeue_leftovers(self.variables()["BROKER_URL"])

    def guests(self) -> list[Service]:
        """What `demo` adds: a model to talk to, a history, and somebody who keeps asking."""
        return [
            Service("stub", python("ledger.demo.stub_model", "--port", str(self.stub_port))),
            Service(
                "history",
                python("ledger.demo.history"),
                needs=("ingest", "writer", "settler", "web", "stub"),
                once=True,
                limit=400,
                environ=self.connection,
            ),
            Service("trickle", python("ledger.demo.trickle"), needs=("history", "worker"), environ=self.connection),
        ]


def make(environment: Environment, *, demo: bool) -> Plan:
    secrets = private.own_secrets(environment.home)
    if environment.secret_key:
        secrets = Secrets(environment.secret_key, secrets.writer_password, secrets.reader_password)
    return Plan(environment, secrets, ports.free(), ports.free(), ports.free(), demo)


def frontend_step() -> Service:
    return Service("frontend", python("ledger.stack.frontend"), once=True, limit=frontend.LIMIT + 10)


def python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def reach(bind: str) -> str:
    """The address under which this machine reaches what listens on `bind`."""
    found = ANY_ADDRESS.get(bind, bind)
    return f"[{found}]" if ":" in found and not found.startswith("[") else found


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """Our own environment as services get it: bytecode may be kept, and output comes line by line."""
    unwanted = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}
    return {name: value for name, value in environ.items() if name not in unwanted} | {"PYTHONUNBUFFERED": "1"}
