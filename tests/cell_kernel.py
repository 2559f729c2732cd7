"""A real ipykernel without a page, whose cells have ids as a front end gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_client.manager import start_new_kernel

from tests.conditions import PATIENCE

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class CellKernel:
    """Runs cells by their ids, and speaks to widgets as a page does.

    Attributes
    ----------
    replies
        What the kernel told the page of the cell that ran last, in its order.

    """

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self._manager, self._client = start_new_kernel(
            startup_timeout=PATIENCE, kernel_name="python3"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code: str, cell: str = "", *, fails: bool = False) -> str:
        """Run code as a cell, one without an id unless given, and return what it printed."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        metadata = {"cellId": cell} if cell else {}
        self.replies = replies = self._send("execute_request", content, metadata)
        errors = [one["content"]["evalue"] for one in replies if one["msg_type"] == "error"]
        assert bool(errors) == fails, errors
        texts = (one["content"]["text"] for one in replies if one["msg_type"] == "stream")
        return "".join(texts).strip()

    def say(self, model_id: str, content: dict[str, Any]) -> None:
        """Send a widget a custom message, and wait until it was dealt with."""
        data = {"method": "custom", "content": content}
        self._send("comm_msg", {"comm_id": model_id, "data": data}, {})

    def states(self) -> dict[str, Any]:
        """Return the state of every widget, as a page that is loaded asks for it; {} on failure."""
        opening = {"comm_id": "page", "target_name": "jupyter.widget.control", "data": {}}
        self._send("comm_open", opening, {"version": "2.1.0"})
        asking = {"comm_id": "page", "data": {"method": "request_states"}}
        replies = self._send("comm_msg", asking, {})
        found = [one for one in replies if one["msg_type"] == "comm_msg"]
        return dict(found[-1]["content"]["data"]["states"]) if found else {}

    def _send(self, kind: str, content: dict[str, Any], metadata: dict[str, Any]) -> list[Any]:
        message = self._client.session.msg(kind, content, metadata=metadata)
        self._client.shell_channel.send(message)
        replies = []
        while True:
            reply = self._client.get_iopub_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            replies.append(reply)
            if reply["content"].get("execution_state") == "idle":
                return replies
