"""What identifies a running sandbox: its origin and key, its folders of pictures, their URLs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumen_widgets.sandbox.picture_store import PictureStore

# How the paths of results and uploads begin; both are fetched without a key.
PICTURES = "/pictures/"
UPLOADS = "/uploads/"
# How long a picture is kept at least, in seconds: a day, since a task needs it for minutes.
UPLOAD_SECONDS = 24 * 3600


@dataclass(frozen=True)
class ServerInfo:
    """The origin, the key and the folders of pictures of one server.

    Parameters
    ----------
    base_url
        Scheme, host and port, without a slash at the end.
    api_key
        The one key that may call; kept out of the repr.
    results, uploads
        Where pictures are.
    version
        Of the package.

    """

    base_url: str
    api_key: str
    results: PictureStore
    uploads: PictureStore
    version: str

    def __repr__(self) -> str:
        """Return the origin: a key in a repr would end up in a log."""
        return f"ServerInfo({self.base_url!r})"

    def result_url(self, name: str) -> str:
        """Return the URL of a result."""
        return self.base_url + PICTURES + name

    def upload_url(self, name: str) -> str:
        """Return the URL of an upload."""
        return self.base_url + UPLOADS + name
