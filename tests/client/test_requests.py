"""Requests: what is refused before anything is sent, and what is sent."""

from __future__ import annotations

import hashlib
import io
import json
import math
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumen_widgets.client import LumenClient, prices
from lumen_widgets.core import errors, models
from lumen_widgets.core.call import read_call
from lumen_widgets.core.http.origin import SERVICE, read_origin
from lumen_widgets.core.pictures.picture import Picture
from lumen_widgets.core.request import build, check_fields
from lumen_widgets.core.sizes import check_same_size, check_size
from lumen_widgets.core.waiting import check_wait_timeout
from tests.client import fault_server as fault
from tests.client.conftest import KEY
from tests.client.fault_server import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lumen_widgets.core.fields import Fields
    from lumen_widgets.core.models import Endpoint

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]))
    | st.binary()
    | st.sampled_from(["1024x1024", "16:9", "1K", "low", "gpt-image-2-low", "fal-flux-pro-fill"])
    | st.builds(object),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=6,
)
TASK = {"id": "t", "status": "queued"}


@pytest.mark.slow
@given(
    endpoint=st.sampled_from(["generations", "edits", "inpaint"]),
    fields=st.fixed_dictionaries(
        {"prompt": st.text() | ANYTHING, "model": st.text() | ANYTHING},
        optional=dict.fromkeys(("n", "size", "resolution", "quality", "negative_prompt"), ANYTHING),
    ),
    extra=ANYTHING,
)
def test_valid_or_invalid_request(endpoint: Endpoint, fields: dict[str, Any], extra: Any) -> None:
    """Whatever is given, there is a body that JSON can carry, or InvalidRequest."""
    prompt = fields.pop("prompt")
    try:
        request = build(
            endpoint, check_fields(endpoint, prompt, cast("Fields", fields)), extra=extra
        )
    except errors.InvalidRequest:
        return
    sent = json.loads(request.encode())
    assert sent == request.body
    assert None not in check_fields(endpoint, prompt, cast("Fields", fields)).values()
    assert request.n >= 1


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "\ud800"},
        {"prompt": " \n"},
        {"prompt": 7},
        {"n": True},
        {"n": "2"},
        {"n": 0},
        {"n": 5},
        {"n": 2.0},
        {"size": "1024"},
        {"size": "1024xx1024"},
        {"size": "1024×"},  # noqa: RUF001 -- the sign is what is tested
        {"size": "16：9：1"},  # noqa: RUF001 -- the same
        {"size": "1024+1024"},
        {"size": "64x64²"},
        {"size": "①6:9"},
        {"size": "64x64 2"},
        {"size": "1 6:9"},
        {"size": "-16:9"},
        {"size": "10241024"},
        {"size": (1024,)},
        {"size": (1024, True)},
        {"size": (1024.5, 768)},
        {"size": (0, 768)},
        {"size": 1024},
        {"n": np.int64(5)},
        {"n": np.bool_(1)},
        {"n": np.float64(2.0)},
        {"n": np.timedelta64(2, "D")},
        {"n": np.array([2, 2])},
        {"extra": {"seed": np.float32("nan")}},
        {"extra": {"seed": np.array([1, 2])}},
        {"extra": {"seed": {np.int64(1): 2}}},
        {"size": "0x10"},
        {"size": "9x9"},
        {"size": "99999x16"},
        {"size": "1:100"},
        {"resolution": "8K"},
        {"resolution": "1k"},
        {"quality": ""},
        {"quality": 1},
        {"negative_prompt": " "},
        {"model": "fal-flux-pro-fill"},
        {"model": None},
        {"extra": {"seed": math.nan}},
        {"extra": {"seed": {1, 2}}},
        {"extra": {1: 2}},
        {"extra": [1]},
        {"extra": {"text": "\ud800"}},
        {"reuse": np.array([True, False])},
        {"reuse": "no"},
        {"reuse": 1},
    ],
    ids=ascii,
)
def test_refused_before_sending(
    fields: dict[str, Any], connect: Callable[..., LumenClient]
) -> None:
    """A request that cannot work is refused here: no connection, no row in the journal."""
    with FaultServer(fault.answers(200, TASK)) as server:
        client = connect(server.url)
        with pytest.raises(errors.InvalidRequest) as caught:
            client.generate(**{"prompt": "a cat", **fields})
        assert isinstance(caught.value, ValueError)
        assert caught.value.field == next(iter(fields))
        assert server.connections == 0
        assert client.journal is not None
        assert client.journal.rows() == []


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("1024×768", "1024x768"),  # noqa: RUF001 -- what people type is what is tested
        ("1024 x 768", "1024x768"),
        (" 1024*768\n", "1024x768"),
        ("1024X768", "1024x768"),
        ("１０２４ｘ７６８", "1024x768"),  # noqa: RUF001
        ("１０２４＊768", "1024x768"),  # noqa: RUF001
        ("16：9", "16:9"),  # noqa: RUF001
        ("16 : 9", "16:9"),
        ("１６：９", "16:9"),  # noqa: RUF001
        ("16∶9", "16:9"),  # noqa: RUF001
        ("16꞉9", "16:9"),  # noqa: RUF001
        ("1024х768", "1024x768"),  # noqa: RUF001 -- Cyrillic
        ("1024⨯768", "1024x768"),  # noqa: RUF001
        ((1024, 768), "1024x768"),
        ([np.int64(1024), np.uint16(768)], "1024x768"),
    ],
)
def test_sizes_as_people_write_them(
    written: Any, sent: str, connect: Callable[..., LumenClient]
) -> None:
    """A size that can be understood is sent as the service reads it, whatever signs it has."""
    with FaultServer(fault.answers(200, TASK)) as server:
        connect(server.url).generate("a cat", size=written)

    assert server.posts[0].body["size"] == sent


@pytest.mark.slow
@given(st.integers(16, 16_384), st.integers(16, 16_384), st.sampled_from("x×X*✕＊ｘ"), st.data())  # noqa: RUF001
def test_sizes_in_every_spelling(width: int, height: int, sign: str, data: st.DataObject) -> None:
    """Spaces, full-width digits and signs change nothing of what a size means."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")  # noqa: RUF001
    spaces = st.sampled_from(["", " ", "\u3000", "\u00a0"])
    sides = [data.draw(st.sampled_from([f"{n}", f"{n}".translate(wide)])) for n in (width, height)]
    text = f"{data.draw(spaces)}{sides[0]}{data.draw(spaces)}{sign}{data.draw(spaces)}{sides[1]}"

    assert check_size(text) == f"{width}x{height}"


def test_numbers_of_numpy(connect: Callable[..., LumenClient]) -> None:
    """Numpy's integers, floats and bools are numbers and bools, also deep inside of `extra`."""
    extra = {
        "seed": np.int64(7),
        "scale": np.float32(0.5),
        "loud": np.bool_(1),
        "deep": {"list": [np.uint8(1), np.array(2)]},
    }
    with FaultServer(fault.answers(200, TASK)) as server:
        client = connect(server.url, timeout=np.int64(10))
        task = client.generate("a cat", n=cast("int", np.int64(2)), extra=extra)
        body = server.posts[0].body

    assert body["n"] == 2
    assert body["seed"] == 7
    assert body["scale"] == 0.5
    assert body["loud"] is True
    assert body["deep"] == {"list": [1, 2]}
    assert task.request.n == 2


def test_what_was_wrong_can_be_read() -> None:
    """A message shows letters of any script as they were typed, and no mark that steers."""
    with pytest.raises(errors.InvalidRequest) as caught:
        check_size("大×\u202e\x1b[2J")  # noqa: RUF001 -- the sign is what is tested

    assert "大×" in str(caught.value)  # noqa: RUF001
    assert str(caught.value).isprintable()


def test_extra_names_the_field_that_is_wrong() -> None:
    """Of several values in `extra`, the message names the one that cannot be sent."""
    with pytest.raises(errors.InvalidRequest, match="style"):
        build("generations", {"prompt": "a cat"}, extra={"seed": 7, "style": object()})


def test_nothing_extra_is_sent(connect: Callable[..., LumenClient]) -> None:
    """None is left out of the body; extra goes in last and may replace anything."""
    with FaultServer(fault.takes) as server:
        client = connect(server.url)
        client.generate("猫", model="unheard-of")
        client.generate("a cat", n=2, size="16:9", extra={"n": 3, "seed": 7, "none": None})
        first, second = (post.body for post in server.posts)
    assert first == {"model": "unheard-of", "prompt": "猫"}
    assert second == {
        "model": "gpt-image-2-low",
        "prompt": "a cat",
        "n": 3,
        "size": "16:9",
        "seed": 7,
        "none": None,
    }


def test_edit_and_inpaint_by_url(connect: Callable[..., LumenClient]) -> None:
    """Pictures with an address travel by it, one or several; each call has its own path."""
    one, two = "https://your.invalid/cat.png", "https://your.invalid/dog.png"
    with FaultServer(fault.takes) as server:
        client = connect(server.url)
        client.edit("snow", one)
        client.edit("snow", [one, two])
        client.edit("snow", (one, two))
        client.inpaint("a corgi", one, two)
        assert [post.path for post in server.posts] == [
            "/v1/images/edits",
            "/v1/images/edits",
            "/v1/images/edits",
            "/v1/images/inpaint",
        ]
        sent = [post.body["image_urls"] for post in server.posts]
        assert sent == [[one], [one, two], [one, two], [one]]
        assert server.posts[3].body["mask_url"] == two
        assert server.posts[3].body["model"] == "fal-flux-pro-fill"


def test_edit_of_nothing(connect: Callable[..., LumenClient]) -> None:
    """An empty sequence of pictures is refused."""
    with pytest.raises(errors.InvalidRequest, match="no picture") as caught:
        connect("http://127.0.0.1:1").edit("snow", [])
    assert caught.value.field == "images"


def test_local_picture_without_hosting(connect: Callable[..., LumenClient]) -> None:
    """A local picture and a service that takes no uploads: HostingError, and no POST."""
    import numpy as np

    with FaultServer(fault.answers(404)) as server:
        with pytest.raises(errors.HostingError):
            connect(server.url).edit("snow", np.zeros((8, 8, 3), np.uint8))
        assert server.posts == []


@pytest.mark.parametrize("size", ["100x60", "5:3", None])
def test_inpaint_size_that_is_the_pictures(size: str | None) -> None:
    """An inpaint may name the picture's own size or ratio."""
    check_same_size(size, 100, 60)


@pytest.mark.parametrize("size", ["60x100", "16:9", "200x120"])
def test_inpaint_size_that_differs(size: str) -> None:
    """Any other size is refused: the mask would lie elsewhere."""
    with pytest.raises(errors.InvalidRequest, match="100x60"):
        check_same_size(size, 100, 60)


@pytest.mark.parametrize("errors_", [["raise"], np.array(["raise", "skip"]), None])
def test_what_else_than_raise_or_skip_is_refused(errors_: Any) -> None:
    """Also what cannot be compared with a word, or not be looked up."""
    with pytest.raises(errors.InvalidRequest, match="skip"):
        list(LumenClient.stream([], errors=errors_))


@pytest.mark.parametrize("endpoint", ["sk-lumen-SECRET", "videos", None, ["generations"]])
def test_an_endpoint_that_is_none(connect: Callable[..., LumenClient], endpoint: Any) -> None:
    """It is refused unsent, and not repeated: it may be a key."""
    with pytest.raises(errors.InvalidRequest) as caught:
        connect("http://127.0.0.1:9").call(endpoint, "a cat")
    assert "SECRET" not in str(caught.value)
    assert "'generations'" in str(caught.value)


class _Scalar:
    """What has the shape of one number, and no number."""

    shape = ()


class _Lost:
    """What raises whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        raise LookupError(name)


@pytest.mark.parametrize("value", [_Scalar(), _Lost()], ids=["no number", "raises"])
def test_objects_that_json_cannot_carry(value: Any) -> None:
    """A scalar of another library than numpy, such as h5py's, raised an error of Python's."""
    with pytest.raises(errors.InvalidRequest, match="in its 'seed'"):
        build("generations", {"prompt": "a cat"}, extra={"seed": value})


@pytest.mark.parametrize("value", [Fraction(10**400), 10**5000], ids=["fraction", "int"])
def test_numbers_that_json_cannot_carry(value: Any) -> None:
    """In extra they are refused in words, naming where they stand."""
    with pytest.raises(errors.InvalidRequest, match="seed"):
        build("generations", {"prompt": "a cat"}, extra={"seed": value})


@pytest.mark.parametrize("task", ["a1", None, [], object(), np.zeros(2)])
def test_nobody_submitted_what_is_no_task(task: Any) -> None:
    """LumenClient.of says so, whatever it is given."""
    assert LumenClient.of(task) is None


@pytest.mark.parametrize("fn", ["print", None, 3])
def test_what_cannot_be_called_is_not_subscribed(fn: Any) -> None:
    """It is said at once, and not in the log once something has changed."""
    with pytest.raises(errors.InvalidRequest, match="cannot be called"):
        prices.subscribe(fn)


def test_a_result_on_its_side_is_sent_upright_where_a_mask_lies_on_it() -> None:
    """By its address the service could read it unturned, and the mask would not fit it."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    mask = np.ones((10, 6), bool)
    fields: Fields = {"model": models.INPAINT_MODEL}
    for orientation, is_by_url in ((exif, False), (None, True)):
        size = (6, 10) if is_by_url else (10, 6)
        file = io.BytesIO()
        PIL.Image.new("RGB", size).save(file, "PNG", exif=orientation)
        data = file.getvalue()
        result = Picture(
            data,
            media_type="image/png",
            width=6,
            height=10,
            sha256=hashlib.sha256(data).hexdigest(),
            url="https://your.invalid/a.png",
        )
        call = read_call(
            "inpaint", "x", fields, images=[result], mask=mask, base_url="https://your.invalid"
        )
        assert (call.request.body["image_urls"] == [result.url]) is is_by_url
        assert {(one.width, one.height) for one in call.pictures.values()} == {(6, 10)}


def test_inpaint_checks_before_it_hosts(connect: Callable[..., LumenClient]) -> None:
    """Mask and picture of two sizes, or a size that is neither's, are refused unsent."""
    import numpy as np

    picture, mask = np.zeros((6, 10, 3), np.uint8), np.ones((6, 10), bool)
    with FaultServer(fault.answers(200, TASK)) as server:
        client = connect(server.url)
        with pytest.raises(errors.InvalidRequest):
            client.inpaint("x", picture, mask.T)
        with pytest.raises(errors.InvalidRequest):
            client.inpaint("x", picture, mask, size="512x512")
        with pytest.raises(errors.InvalidRequest):
            client.inpaint("x", "https://your.invalid/a.png", mask, size="512x512")
        assert server.connections == 0


def test_a_size_without_end_is_refused_in_words() -> None:
    """Python makes no text of a number of so many digits."""
    with pytest.raises(errors.InvalidRequest, match="neither pixels nor a ratio"):
        check_size((10**5000, 1024))


@given(st.integers(16, 16384), st.integers(16, 16384))
def test_sizes_in_reach(width: int, height: int) -> None:
    """Every size in pixels between the limits is accepted as it is."""
    assert check_size(f"{width}x{height}") == f"{width}x{height}"


def test_models_can_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that a user adds is checked; an unknown one passes."""
    monkeypatch.setitem(models.MODELS, "mine", models.Model(frozenset({"edits"})))
    assert check_fields("edits", "x", {"model": "mine"})["model"] == "mine"
    with pytest.raises(errors.InvalidRequest, match="cannot generate"):
        check_fields("generations", "x", {"model": "mine"})
    assert check_fields("generations", "x", {"model": "unheard-of"})["model"] == "unheard-of"


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("https://Example.org/", "https://example.org"),
        ("https://example.org:8443/gateway/", "https://example.org:8443/gateway"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:443", "http://127.0.0.1:443"),
        ("https://EXAMPLE.org:443", "https://example.org"),
        ("https://example.org.", "https://example.org"),
        ("HTTPS://example.org.:443/Gateway/", "https://example.org/Gateway"),
        ("https://example.org:0443", "https://example.org"),
        ("https://example.org:80", "https://example.org:80"),
        ("http://localhost:9", "http://localhost:9"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_base_url(given_url: str, url: str) -> None:
    """However an https address, or http on loopback, is spelled, one service has one form."""
    assert read_origin(given_url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "http://example.org",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "ftp://example.org",
        "https://",
        "https://.",
        "https://user:SECRET@example.org",
        "https://example.org/?key=SECRET",
        "https://example.org/#SECRET",
        "https://example.org?",
        "https://exa mple.org",
        "https://example.org\\@evil.example",
        "https://example.org:99999",
        "https://example.org:0",
        "https://例.org",
        "",
        " ",
    ],
)
def test_odd_base_url(url: str) -> None:
    """Any other address is refused, and what may be secret in it is not repeated."""
    with pytest.raises(errors.InvalidRequest) as caught:
        LumenClient(KEY, url)
    assert "SECRET" not in str(caught.value)


def test_base_url_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument LUMEN_BASE_URL counts, and without that the service itself."""
    assert LumenClient(KEY).base_url == SERVICE
    monkeypatch.setenv("LUMEN_BASE_URL", "https://example.org")
    assert LumenClient(KEY).base_url == "https://example.org"
    assert repr(LumenClient(KEY)) == "<LumenClient https://example.org>"


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": math.nan},
        {"timeout": True},
        {"timeout": "30"},
        {"timeout": 10**400},
        {"timeout": np.timedelta64(30, "s")},
        {"journal": True},
        {"journal": 7},
        {"allow_hosts": [7]},
        {"allow_hosts": 7},
        {"session": "https://lumen.example"},
        {"session": object},
    ],
    ids=lambda options: f"{options}"[:40],
)
def test_other_arguments(options: dict[str, Any]) -> None:
    """Arguments of the constructor that make no sense are refused there."""
    with pytest.raises(errors.InvalidRequest):
        LumenClient(KEY, **options)


@pytest.mark.parametrize("timeout", [-1, math.nan, True, "1"])
def test_wait_timeouts(timeout: object) -> None:
    """A wait's time-out is a number of seconds from 0 up; infinity is the longest wait there is."""
    with pytest.raises(errors.InvalidRequest):
        check_wait_timeout(timeout)
    assert check_wait_timeout(None) is None
    assert check_wait_timeout(math.inf) == check_wait_timeout(10**400)
