from ledger.api.endpoints import api


def test_the_description_is_openapi_3_1(client, db):
    schema = client.get("/api/v1/openapi.json").json()

    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/metrics" in schema["paths"]


def test_every_endpoint_and_parameter_is_on_the_page(client, db):
    page = client.get("/api/docs").content.decode()

    for path, methods in api.get_openapi_schema()["paths"].items():
        assert path in page
        for operation in methods.values():
            assert all(f"<code>{parameter['name']}</code>" in page for parameter in operation["parameters"])


def test_the_page_needs_nothing_from_elsewhere(client, db):
    page = client.get("/api/docs").content.decode()

    assert "https://" not in page
    assert "//cdn" not in page
