"""What a request may be: every edge case of the API, with its HTTP status."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox_server.in_process import InProcess

IMAGE = "http://127.0.0.1:1/cat.png"
CALLS = ("generations", "edits", "inpaint")
MODES = {
    "generations": "gpt-image-2-low",
    "edits": "gpt-image-2-low",
    "inpaint": "fal-flux-pro-fill",
}


def whole(call: str, **more: Any) -> dict[str, Any]:
    """Return a body that the call accepts, with some fields changed."""
    pictures = {} if call == "generations" else {"image_urls": [IMAGE]}
    mask = {"mask_url": IMAGE} if call == "inpaint" else {}
    return {"model": MODES[call], "prompt": "a cat", **pictures, **mask, **more}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"n": 1},
        {"n": 4},
        {"size": "1024x1024"},
        {"size": "16x4096"},
        {"size": "16:9"},
        {"size": "1:8"},
        {"resolution": "4K"},
        {"quality": "high"},
        {"negative_prompt": ""},
        {"negative_prompt": "dog"},
        {"prompt": "窗台上的猫 🐈"},
        {"seed": 0},
        {"webhook_url": "https://your.app/callback", "webhook_secret": "s"},
        {"webhook_secret": "s"},
        {"an_unknown_field": [1, {"a": None}]},
    ],
)
def test_a_whole_request_is_accepted(
    in_process: InProcess, call: str, more: dict[str, Any]
) -> None:
    """It is answered 200 with exactly an id, ``queued`` and the unix second."""
    answer = in_process.call("POST", f"/v1/images/{call}", whole(call, **more))
    assert answer.status == 200, answer.body
    body = answer.json()
    assert list(body) == ["id", "status", "created"]
    assert isinstance(body["id"], str)
    assert body["status"] == "queued"
    assert body["created"] == int(in_process.clock.now)
    assert isinstance(body["created"], int)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"n": True},
        {"n": "2"},
        {"n": 1.0},
        {"n": None},
        {"n": 0},
        {"n": 5},
        {"n": -1},
        {"n": 10**30},
        {"prompt": ""},
        {"prompt": " \n"},
        {"prompt": None},
        {"prompt": ["a cat"]},
        {"prompt": "\ud800"},
        {"prompt": "x" * 32_001},
        {"model": ""},
        {"model": 7},
        {"size": 1024},
        {"size": "big"},
        {"size": "1024"},
        {"size": "1024x"},
        {"size": "1024X1024"},
        {"size": "1024x1024x3"},
        {"size": " 1024x1024"},
        {"size": "1024x1024\n"},
        {"size": "-1x5"},
        {"size": "0x0"},
        {"size": "8x1024"},
        {"size": "4097x16"},
        {"size": "99999x99999"},
        {"size": "\u0661\u0666:\u0669"},
        {"size": "0:1"},
        {"size": "9:1"},
        {"size": "1:100"},
        {"resolution": "8K"},
        {"resolution": "2k"},
        {"resolution": 2},
        {"quality": "best"},
        {"quality": 1},
        {"negative_prompt": 3},
        {"seed": True},
        {"seed": -1},
        {"seed": 2**70},
        {"webhook_url": "https://your.app/callback"},
        {"webhook_url": "https://your.app/callback", "webhook_secret": ""},
        {"webhook_url": "ftp://your.app/callback", "webhook_secret": "s"},
        {"webhook_url": "https://", "webhook_secret": "s"},
        {"webhook_url": "http://a:b:c/", "webhook_secret": "s"},
        {"webhook_url": 1, "webhook_secret": "s"},
        {"webhook_secret": 1},
    ],
)
def test_a_wrong_field_is_refused(in_process: InProcess, call: str, wrong: dict[str, Any]) -> None:
    """It is answered 400 with a code and a sentence, and nothing is charged."""
    answer = in_process.call("POST", f"/v1/images/{call}", whole(call, **wrong))
    assert answer.status == 400
    assert answer.json()["error"]["code"] == "invalid_request"
    assert answer.json()["error"]["message"]
    assert in_process.account() == {"balance": 10_000, "ledger": []}


@pytest.mark.parametrize(
    ("call", "field"), [(call, field) for call in CALLS for field in whole(call)]
)
def test_a_missing_field_is_refused(in_process: InProcess, call: str, field: str) -> None:
    """What the call needs and does not get is answered 400, naming it."""
    body = whole(call)
    del body[field]
    answer = in_process.call("POST", f"/v1/images/{call}", body)
    assert answer.status == 400
    assert field in answer.json()["error"]["message"]


@pytest.mark.parametrize("call", ["edits", "inpaint"])
@pytest.mark.parametrize(
    "pictures",
    [
        {"image_urls": []},
        {"image_urls": IMAGE},
        {"image_urls": [1]},
        {"image_urls": [IMAGE] * 17},
        {"image_urls": ["file:///etc/passwd"]},
        {"image_urls": ["data:image/png;base64,AAAA"]},
        {"image_urls": ["/cat.png"]},
        {"image_urls": ["https://your.img/cat.png"]},
        {"image_urls": ["http://10.0.0.1/cat.png"]},
        {"image_urls": ["http://169.254.169.254/latest"]},
        {"image_urls": ["http://127.0.0.1@your.img/cat.png"]},
        {"image_urls": ["http://localhost.your.img/"]},
        {"image_urls": ["http://[::2]/cat.png"]},
        {"image_urls": ["http://["]},
        {"image_urls": ["http://127.0.0.1/a b.png"]},
        {"image": 1},
        {"image": ""},
        {"image": IMAGE, "image_urls": [IMAGE]},
    ],
)
def test_a_wrong_picture_url_is_refused(
    in_process: InProcess, call: str, pictures: dict[str, Any]
) -> None:
    """What is not an http(s) URL of this machine is answered 400."""
    body = whole(call)
    del body["image_urls"]
    assert in_process.call("POST", f"/v1/images/{call}", {**body, **pictures}).status == 400


@pytest.mark.parametrize("url", ["http://localhost/a.png", "https://127.0.0.2/", "http://[::1]:8/"])
@pytest.mark.parametrize("field", ["image", "image_urls"])
def test_a_picture_url_of_this_machine_is_accepted(
    in_process: InProcess, url: str, field: str
) -> None:
    """One picture may come as ``image``, several as ``image_urls``."""
    answer = in_process.submit("edits", **{field: url if field == "image" else [url, url]})
    assert answer.status == 200


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b'"a"', b"3", b"\xff\xfe", b'{"n": NaN}', b"[" * 100_000],
)
@pytest.mark.parametrize("call", CALLS)
def test_a_body_that_is_no_object_is_refused(in_process: InProcess, call: str, raw: bytes) -> None:
    """It is answered 400, whatever the bytes are."""
    assert in_process.call("POST", f"/v1/images/{call}", raw).status == 400


def test_a_body_that_is_too_large_is_refused(in_process: InProcess) -> None:
    """It is answered 413 instead of being kept."""
    assert in_process.submit(prompt="x", padding="y" * 1_000_000).status == 413


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("model", ["sandbox-not-in-group", "dall-e", "x" * 5000])
def test_a_model_outside_the_group_is_not_found(
    in_process: InProcess, call: str, model: str
) -> None:
    """It is answered 404, as a task that does not exist is."""
    answer = in_process.call("POST", f"/v1/images/{call}", whole(call, model=model))
    assert (answer.status, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert in_process.call("GET", "/v1/images/generations/nope").status == 404


@pytest.mark.parametrize(
    ("call", "model"),
    [
        ("generations", "fal-flux-pro-fill"),
        ("edits", "fal-flux-pro-fill"),
        ("inpaint", "gpt-image-2-low"),
    ],
)
def test_a_model_that_cannot_do_it_is_refused(in_process: InProcess, call: str, model: str) -> None:
    """It is answered 400, naming a model that can."""
    answer = in_process.call("POST", f"/v1/images/{call}", whole(call, model=model))
    assert answer.status == 400
    assert MODES[call] in answer.json()["error"]["message"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [*whole("inpaint"), "image", "n", "size", "resolution", "quality", "negative_prompt"]
FIELDS += ["seed", "webhook_url", "webhook_secret"]
LIKELY = st.sampled_from([*MODES.values(), "sandbox-always-fails", "a cat", IMAGE, [IMAGE], 1, 2])


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    call=st.sampled_from(CALLS),
    body=JSON
    | st.dictionaries(st.sampled_from(FIELDS), LIKELY | JSON)
    | st.fixed_dictionaries(
        {"model": LIKELY, "prompt": LIKELY}, optional={"n": JSON, "size": JSON}
    ),
)
def test_no_json_breaks_it(tmp_path_factory: pytest.TempPathFactory, call: str, body: Any) -> None:
    """Whatever the JSON, it is accepted or refused, never a fault; only what is accepted pays."""
    in_process = InProcess(tmp_path_factory.mktemp("in_process"))
    answer = in_process.call("POST", f"/v1/images/{call}", body)
    assert answer.status in {200, 400, 404}
    assert (answer.status == 200) == (in_process.account()["balance"] < 10_000)
    in_process.store.close()
