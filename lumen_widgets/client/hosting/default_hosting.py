"""The default hosting, where the user passed none."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from lumen_widgets.client.hosting.data_uri_hosting import DataURIHosting
from lumen_widgets.client.hosting.fsspec_hosting import FsspecHosting
from lumen_widgets.client.hosting.sandbox_hosting import find_sandbox_hosting
from lumen_widgets.core.errors import HostingError, LumenError

if TYPE_CHECKING:
    import requests

    from lumen_widgets.client.hosting.protocol import Hosting
    from lumen_widgets.core.http.keys import Key

VARIABLE = "LUMEN_HOSTING"


def default_hosting(
    base_url: str, key: Key, session: requests.Session | None = None
) -> Hosting | None:
    """Return the hosting for a client that was given none.

    A sandbox on this machine that takes uploads comes first, since it reads nothing from
    elsewhere and a hub may set the variable for everyone; then ``LUMEN_HOSTING``: ``data:``, or
    the address of a store that fsspec knows, such as ``s3://bucket/folder``.

    Parameters
    ----------
    base_url, key, session
        As for `find_sandbox_hosting`.

    Returns
    -------
    Hosting or None
        None where neither is there.

    Raises
    ------
    HostingError
        ``LUMEN_HOSTING`` names nothing that can be used.

    """
    return find_sandbox_hosting(base_url, key, session) or _hosting_named(
        os.environ.get(VARIABLE, "").strip()
    )


# By the variable's text, so that the clients of a process share what is hosted already.
@functools.cache
def _hosting_named(text: str) -> Hosting | None:
    if not text:
        return None
    if text.lower() == "data:":
        return DataURIHosting()
    try:
        return FsspecHosting(text)
    except LumenError as error:
        # The text itself is not repeated: a password in it would end in the notebook.
        raise HostingError(
            f"The environment variable {VARIABLE} names no hosting that can be used. "
            f"{error.message}",
            next_step=f"{error.next_step} {VARIABLE} is data: or an address such as "
            "s3://bucket/folder.".lstrip(),
        ) from None
