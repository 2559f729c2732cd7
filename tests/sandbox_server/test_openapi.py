"""The description at ``/openapi.json``: every call and field in it is real, and none is missing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from lumen_widgets.sandbox.models import MODELS
from tests.sandbox_server.in_process import LATENCY, InProcess
from tests.sandbox_server.pictures import encoded
from tests.sandbox_server.test_requests import CALLS, IMAGE, whole

SCHEMAS = dict(zip(CALLS, ("Generate", "Edit", "Inpaint"), strict=True))
WRONG: dict[str, Any] = {
    "model": 1, "prompt": "", "n": 9, "size": "big", "resolution": "8K", "quality": "best",
    "negative_prompt": 1, "webhook_url": 1, "webhook_secret": "", "seed": -1,
    "image_urls": [], "image": 1, "mask_url": 1,
}  # fmt: skip


@pytest.fixture
def description(in_process: InProcess) -> Any:
    """Return what the sandbox says of itself, without a key."""
    return in_process.call("GET", "/openapi.json", headers={"Authorization": ""}).json()


def valid(description: Any, name: str, value: Any) -> bool:
    """Tell whether a value fits one of the description's schemas."""
    # takes seconds to import, so that only a process which needs it does
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # ships no types

    schema = {**description, "$ref": f"#/components/schemas/{name}"}
    return bool(Draft202012Validator(schema).is_valid(value))


def test_every_route_is_described(in_process: InProcess, description: Any) -> None:
    """Paths and methods are the application's, neither more nor fewer."""
    assert isinstance(in_process.app, Starlette)
    routes = {
        (route.path, method.lower())
        for route in in_process.app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (path, method) for path, methods in description["paths"].items() for method in methods
    }
    assert described == routes


def test_calls_that_need_no_key_are_described_so(in_process: InProcess, description: Any) -> None:
    """A call without the key is answered 401 exactly where the description asks for one."""
    for path, methods in description["paths"].items():
        for method, call in methods.items():
            place = re.sub(r"\{.*?\}", "x", path)
            answer = in_process.call(method.upper(), place, {}, headers={"Authorization": ""})
            assert (answer.status == 401) == ("security" not in call), (method, path)
            assert ("401" in call["responses"]) == ("security" not in call), (method, path)


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_the_fields_of_a_submit_are_real(
    in_process: InProcess, description: Any, call: str
) -> None:
    """Each is read: a wrong value is refused, by the description and by the server."""
    schema = description["components"]["schemas"][SCHEMAS[call]]
    pictures = {"image_urls", "image", "mask_url"}
    assert set(WRONG) - pictures <= set(schema["properties"]) <= set(WRONG)
    good = whole(call, webhook_url=IMAGE, webhook_secret="s")  # noqa: S106 - of a test
    assert valid(description, SCHEMAS[call], good)
    assert in_process.call("POST", f"/v1/images/{call}", good).status == 200
    for name in schema["properties"]:
        bad = {**good, name: WRONG[name]}
        if name == "image":
            del bad["image_urls"]
        assert not valid(description, SCHEMAS[call], bad), name
        assert in_process.call("POST", f"/v1/images/{call}", bad).status == 400, name
    for name in schema["required"]:
        bad = {key: value for key, value in good.items() if key != name}
        assert in_process.call("POST", f"/v1/images/{call}", bad).status == 400, name


def test_the_answers_are_as_described(in_process: InProcess, description: Any) -> None:
    """Each of them, with nothing that the description does not have."""
    accepted = in_process.submit()
    failing = in_process.submit(model="sandbox-always-fails").json()["id"]
    in_process.renderer.finish()
    tasks = [in_process.status(failing)]
    in_process.clock.now += LATENCY
    tasks += [in_process.status(failing), in_process.status(accepted.json()["id"])]
    assert [task["status"] for task in tasks] == ["queued", "failed", "succeeded"]
    uploaded = in_process.call("POST", "/sandbox/uploads", encoded())
    answers = [
        ("Accepted", accepted.json()),
        *(("Task", task) for task in tasks),
        ("Error", in_process.submit(n=0).json()),
        ("Upload", uploaded.json()),
        ("Settings", in_process.call("GET", "/sandbox/settings").json()),
        ("Account", in_process.account()),
        ("Health", in_process.call("GET", "/healthz").json()),
    ]
    for name, answer in answers:
        assert valid(description, name, answer), (name, answer)
        assert not valid(description, name, {**answer, "more": 1}), name
    settings = set(description["components"]["schemas"]["Settings"]["properties"])
    assert settings == set(in_process.call("GET", "/sandbox/settings").json())


def test_the_models_are_those_of_the_page_and_two_of_the_sandbox_s_own() -> None:
    """The codes of the service can be used here too."""
    ours = {"sandbox-always-fails", "sandbox-redraws"}
    assert set(MODELS) == {"gpt-image-2-low", "fal-flux-pro-fill"} | ours
