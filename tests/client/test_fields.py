"""Which keyword an error is about, as a form needs it to put the words beside the right field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lumen_widgets.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from lumen_widgets.client import LumenClient


def test_the_picture_that_is_wrong_is_named(connect: Callable[..., LumenClient]) -> None:
    """Whatever is wrong with a picture or a mask, the error says which keyword it was given as."""
    import numpy as np

    client = connect("http://127.0.0.1:1")
    picture, mask = np.zeros((6, 10, 3), np.uint8), np.ones((6, 10), bool)
    wrongs: list[Any] = [
        "nowhere.png",
        b"not a picture",
        7,
        picture.astype(float),
        "https://",
        "ftp://a/b",
    ]
    for bad in wrongs:
        for images in (bad, [picture, bad]):
            with pytest.raises(errors.InvalidRequest) as caught:
                client.edit("snow", images)
            assert caught.value.field == "images"
        with pytest.raises(errors.InvalidRequest) as caught:
            client.inpaint("snow", bad, mask)
        assert caught.value.field == "image"
        with pytest.raises(errors.InvalidRequest) as caught:
            client.inpaint("snow", picture, bad)
        assert caught.value.field == "mask"
    for wrong, size, field in (
        (mask.T, None, "mask"),
        (~mask, None, "mask"),
        (mask, "1:1", "size"),
    ):
        with pytest.raises(errors.InvalidRequest) as caught:
            client.inpaint("snow", picture, wrong, size=size)
        assert caught.value.field == field


def test_what_only_the_service_knows_names_no_field(connect: Callable[..., LumenClient]) -> None:
    """A refusal by the service is about no keyword that could be told."""
    from tests.client import fault_server as fault

    with (
        fault.FaultServer(fault.answers(400, {"detail": "no"})) as server,
        pytest.raises(errors.InvalidRequest) as caught,
    ):
        connect(server.url).generate("a cat")
    assert caught.value.field is None


def test_a_field_survives_pickling() -> None:
    """An error that comes back from another process still names its field."""
    import pickle

    error = errors.InvalidRequest("n is 9.", next_step="Use 4.", field="n")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own, a line ago
    assert (str(again), again.field) == ("n is 9. Use 4.", "n")
