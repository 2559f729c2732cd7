"""What can go wrong in the sandbox: with the server itself, and with one call to it."""

from __future__ import annotations


class SandboxError(RuntimeError):
    """The sandbox cannot be started, found or set; the message says what to do next."""

    def _render_traceback_(self) -> list[str]:
        """Return what a cell shows: the message, without our stack. IPython asks for this."""
        return [f"{type(self).__name__}: {self}"]


class Refusal(Exception):
    """A call that is answered with an HTTP error instead of being carried out.

    Parameters
    ----------
    status
        The HTTP status of the answer.
    code
        A word for programs, as ``error.code`` in the answer's body.
    message
        A sentence for people, as ``error.message``.
    retry_after
        Seconds that the client is asked to wait, as the header; None leaves it out.

    """

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def invalid(message: str) -> Refusal:
    """Return the refusal of a request that cannot be carried out as it is (400)."""
    return Refusal(400, "invalid_request", message)


def not_found(message: str) -> Refusal:
    """Return the refusal of a call about something that is not here (404)."""
    return Refusal(404, "not_found", message)


class Failure(Exception):
    """Why a task that was accepted cannot succeed; it becomes the task's ``error``.

    Parameters
    ----------
    code
        A word for programs.
    message
        A sentence for people.

    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
