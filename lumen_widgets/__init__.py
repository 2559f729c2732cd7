"""Make pictures in a notebook with the Lumen Image API: `import lumen_widgets as lumen`.

Every name is loaded on first use, so that importing this package costs next to nothing and starts
nothing; `__init__.pyi` beside this file names them for type checkers.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_NOTEBOOK = "lumen_widgets.notebook"
_NAMES = {
    "lumen_widgets.client": """
        AuthenticationError BudgetExceeded CallableHosting DataURIHosting DownloadError
        FsspecHosting HostingError InsufficientCredits InvalidRequest JournalError LessonError
        LumenClient LumenError MissingKey NotFound NotInLesson Picture Pictures RateLimited
        ServiceUnreachable
        SubmitOutcomeUnknown Task TaskCancelled TaskFailed TasksFailed UpstreamError WaitTimeout
        WebhookReceiver budget prices sign_webhook verify_webhook""",
    _NOTEBOOK: """
        History edit extend generate history inpaint parameters reproduce resume show stream
        use""",
    "lumen_widgets.widgets": "Compare Gallery MaskPainter PromptForm Studio TaskPanel",
}
_MODULE_OF = {name: package for package, names in _NAMES.items() for name in names.split()}

__all__ = sorted([*_MODULE_OF, "sandbox"])  # noqa: PLE0605 -- a list all the same, built from the table


def __getattr__(name: str) -> Any:
    if name == "sandbox":
        return import_module("lumen_widgets.sandbox")
    if name not in _MODULE_OF:
        raise AttributeError(f"lumen_widgets has no {name!r}")
    module = _notebook() if _MODULE_OF[name] == _NOTEBOOK else import_module(_MODULE_OF[name])
    value = globals()[name] = getattr(module, name)
    return value


def load_ipython_extension(shell: Any) -> None:
    """Have `%lumen` and `%%lumen` in an IPython shell, as ``%load_ext lumen_widgets`` asks for.

    Parameters
    ----------
    shell
        IPython's.

    Examples
    --------
    >>> load_ipython_extension(get_ipython())  # doctest: +SKIP

    """
    _notebook()
    import_module("lumen_widgets.notebook.magics").load(shell, lambda: _widgets().PromptForm)


def unload_ipython_extension(shell: Any) -> None:
    """Take `%lumen` away again, as ``%unload_ext lumen_widgets`` asks for.

    Parameters
    ----------
    shell
        IPython's.

    Examples
    --------
    >>> unload_ipython_extension(get_ipython())  # doctest: +SKIP

    """
    import_module("lumen_widgets.notebook.magics").unload(shell)


def _notebook() -> Any:
    """Return the notebook's package, which needs widgets and imports none: only this knows both."""
    module = import_module(_NOTEBOOK)
    module.cell_status.set_panel_loader(_load_panel)
    return module


def _load_panel() -> Any:
    return import_module("lumen_widgets.widgets.task_panel.widget").passing_panel


def _widgets() -> Any:
    return import_module("lumen_widgets.widgets")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
