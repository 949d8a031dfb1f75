"""What watches the daemon, and what describes its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped] # comes with the web framework

from cordboard.engine.errors import StoreUnavailable

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon


async def test_a_daemon_that_can_take_texts_is_ready(daemon: Daemon) -> None:
    for path, status in (("/healthz", "live"), ("/readyz", "ready")):
        answer = await daemon.as_("").get(path)
        assert answer.status_code == 200
        assert answer.json() == {"status": status}


async def test_a_daemon_whose_store_cannot_be_written_is_live_but_not_ready(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(daemon.store, "probe", fail)
    live, ready = await daemon.as_("").get("/healthz"), await daemon.as_("").get("/readyz")

    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.json()["type"] == "urn:cordboard:problem:store-unavailable"
    assert int(ready.headers["retry-after"]) > 0


async def test_every_answer_keeps_browsers_careful(daemon: Daemon) -> None:
    for path in ("/healthz", "/v1/me", "/nothing", "/schema"):
        headers = (await daemon.as_("").get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


async def test_the_schema_describes_every_call(daemon: Daemon) -> None:
    schema = (await daemon.as_("").get("/schema")).json()
    conversation = "/v1/conversations/{conversation_id}"

    assert schema["openapi"].startswith("3.")
    calls = {(method, path) for path, methods in schema["paths"].items() for method in methods}
    assert calls >= {
        ("get", "/v1/conversations"),
        ("get", conversation),
        ("get", f"{conversation}/messages"),
        ("post", f"{conversation}/messages"),
        ("get", f"{conversation}/routing"),
        *(
            ("post", f"{conversation}/{word}")
            for word in ("accept", "decline", "pick", "park", "resume", "release", "transfer", "close", "end_wrap_up")
        ),
        ("get", "/v1/me"),
        ("put", "/v1/me/presence"),
        ("put", "/v1/reps/{name}/presence"),
        ("get", "/v1/reps"),
        ("get", "/v1/queues"),
        ("get", "/v1/numbers"),
        ("get", "/v1/unroutable"),
        ("post", "/v1/configuration"),
        ("get", "/v1/events"),
        ("get", "/healthz"),
        ("get", "/readyz"),
        ("get", "/metrics"),
    }


async def test_the_schema_tells_shapes_filters_tokens_and_problems(daemon: Daemon) -> None:
    schema: dict[str, Any] = (await daemon.as_("").get("/schema/openapi.json")).json()
    listed = schema["paths"]["/v1/conversations"]["get"]

    names = {each["name"] for each in listed["parameters"]}
    assert names >= {"state", "queue", "rep", "customer", "number", "cursor", "limit"}
    assert listed["security"] == [{"token": []}]
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    reply = schema["paths"]["/v1/conversations/{conversation_id}/messages"]["post"]
    assert "202" in reply["responses"]
    assert "application/problem+json" in reply["responses"]["422"]["content"]
    assert "Idempotency-Key" in {each["name"] for each in reply["parameters"]}
    assert all(each.isidentifier() for each in schema["components"]["schemas"]), "clients are made with these names"
    assert {"408", "500"} <= set(reply["responses"])
    assert set(schema["paths"]["/readyz"]["get"]["responses"]) == {"200", "503"}
    assert "*/*" in schema["paths"]["/v1/messages/{message_id}/media/{index}"]["get"]["responses"]["200"]["content"]


async def test_the_schema_comes_as_yaml_too_and_no_page_loads_anything_from_elsewhere(daemon: Daemon) -> None:
    as_yaml = yaml.safe_load((await daemon.as_("").get("/schema/openapi.yaml")).text)

    assert as_yaml == (await daemon.as_("").get("/schema")).json()
    for page in ("swagger", "redoc", "elements", "rapidoc", "scalar", "oauth2-redirect.html"):
        answer = await daemon.as_("").get(f"/schema/{page}")
        assert answer.status_code == 404
        assert "html" not in answer.headers["content-type"]
