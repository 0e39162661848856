"""The API's description, for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may be said in an address."""

    name: str
    required: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path, as OpenAPI describes it."""

    method: str
    path: str
    description: str
    parameters: list[Parameter]
    body: str
    answer: str


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every endpoint with its parameters; the schemas behind it are in openapi.json."""
    from ledger.api.endpoints import api

    schema = api.get_openapi_schema()
    return render(request, "api/docs.html", {"endpoints": list(endpoints(schema)), "title": schema["info"]["title"]})


def endpoints(schema: dict[str, Any]) -> Iterator[Endpoint]:  # Any: OpenAPI's own JSON
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield Endpoint(
                method=method.upper(),
                path=path,
                description=operation.get("description", operation["summary"]),
                parameters=[parameter(each) for each in operation["parameters"]],
                body=model_name(operation.get("requestBody", {})),
                answer=model_name(next(iter(operation["responses"].values()))),
            )


def parameter(described: dict[str, Any]) -> Parameter:
    return Parameter(described["name"], described["required"], described["schema"].get("description", ""))


def model_name(described: dict[str, Any]) -> str:
    """The name of the schema in a request or answer; empty where there is none."""
    reference = described.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    return str(reference).rpartition("/")[2]
