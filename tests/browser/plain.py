"""A widget's bundle in a page without JupyterLab, where a fake model stands for the kernel."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumen_widgets.widgets.bundles import STATIC
from tests.jupyter import new_context
from tests.pointer import Pointer, double_click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

# a grey pixel as a PNG file, in base64
_PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
_BUNDLES = {path.stem for path in STATIC.glob("*.js")}

# as anywidget does it: the bundle is loaded from a blob, and gets a model and an element
_MOUNT = """async ([source, css, state, answers]) => {
  const style = document.createElement("style");
  style.textContent = css;
  const el = document.createElement("main");
  document.head.replaceChildren(style);
  document.body.replaceChildren(el);

  const listeners = new Map();
  const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
  const tell = (event, ...words) => [...of(event)].forEach((listener) => listener(...words));
  const sent = window.lumenSent = [];
  const deliver = window.lumenDeliver = (message) => tell("msg:custom", message, []);
  const left = structuredClone(answers);
  if (state._picture) state._picture = await (await fetch(`data:;base64,${state._picture}`)).blob();
  const model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; tell(`change:${name}`); },
    save_changes: () => sent.push({ kind: "traits" }),
    on: (event, listener) => of(event).add(listener),
    off: (event, listener) => of(event).delete(listener),
    send: (message) => {
      sent.push(message);
      // at once, before the second click of a double one can come
      const messages = (left[message.kind] ?? []).splice(0);
      queueMicrotask(() => messages.forEach((one) =>
        deliver("request" in one ? { ...one, request: message.request } : one)));
    },
  };
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: make } = await import(url);
  const widget = typeof make === "function" ? await make() : make;
  window.lumenEnding?.abort();
  const { signal } = window.lumenEnding = new AbortController();
  await widget.initialize?.({ model, signal });
  await widget.render({ model, el, signal, host: {} });
}"""
# what a front end that listens after the widget hears, as VS Code's output frame does
_LISTEN = """() => {
  window.lumenHeard = [];
  for (const type of ["keydown", "keypress", "keyup"]) {
    window.addEventListener(type, ({ key, ctrlKey, shiftKey, altKey, metaKey }) => {
      const held = [["Control", ctrlKey], ["Shift", shiftKey], ["Alt", altKey], ["Meta", metaKey]];
      const names = held.filter(([name, on]) => on && name !== key).map(([name]) => name);
      window.lumenHeard.push(`${type} ${[...names, key].join("+")}`);
    });
  }
}"""
# presses keys on everything in the widget that can have the focus, as its page would be told
_PRESS = """(el, keys) => {
  const selector = "button, input:not([type=file]), select, textarea, summary, [tabindex]";
  const targets = [...el.querySelectorAll(selector)];
  for (const target of targets) {
    for (const name of keys) {
      const held = name.split("+").slice(0, -1);
      const key = name === "+" ? "+" : name.split("+").at(-1).replace("Space", " ");
      for (const type of ["keydown", "keypress", "keyup"]) {
        target.dispatchEvent(new KeyboardEvent(type, {
          bubbles: true, cancelable: true, composed: true, key, code: `code of ${key}`,
          ctrlKey: held.includes("Control"), shiftKey: held.includes("Shift"),
          altKey: held.includes("Alt"), metaKey: held.includes("Meta"),
        }));
      }
    }
  }
  return targets.length;
}"""


@dataclass(frozen=True)
class Case:
    """What a widget needs to be shown, and what it does with keys.

    Attributes
    ----------
    state
        Its traits.
    stage
        What has the focus when somebody works with it.
    own
        The keys with Ctrl or Cmd that it uses everywhere.
    answers
        What the kernel answers to the first message of a kind; ``request`` is filled in.
    begin
        What the kernel says before anybody does something.

    """

    state: dict[str, Any]
    stage: str
    own: tuple[str, ...] = ()
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    begin: tuple[dict[str, Any], ...] = ()


def row(key: str, **changes: Any) -> dict[str, Any]:
    """Return a row of a task panel: one that failed and can be sent again."""
    return {
        "key": key,
        "id": f"task-{key}",
        "status": "failed",
        "running": False,
        "watched": True,
        "group": "bad",
        "prompt": "a cute cat",
        "model": "gpt-image-2-low",
        "host": "",
        "elapsed": 1,
        "usual": None,
        "arrived": 0,
        "pictured": False,
        "repaints": None,
        "credits": None,
        "charge": "refunded",
        "actions": ["again"],
        "error": {"message": "The model failed.", "next_step": "Try again."},
        "notice": "",
    } | changes


def running(key: str) -> dict[str, Any]:
    """Return a row of a task that runs, which can be left alone."""
    changes = {"status": "queued", "running": True, "group": "running", "charge": "charged"}
    return row(key, **changes, actions=["stop"], error=None)


def totals(*rows: dict[str, Any], count: int | None = None) -> dict[str, Any]:
    """Return what a task panel counts that has these rows, or as many as are said."""
    groups = ("running", "finished", "bad", "open")
    return {
        **{group: sum(row["group"] == group for row in rows) for group in groups},
        "rows": len(rows) if count is None else count,
        "pictures": 0,
        "credits": 0,
        "unpriced": False,
        "hosts": sorted({row["host"] for row in rows}),
    }


def panel(*rows: dict[str, Any]) -> dict[str, Any]:
    """Return the traits of a task panel that has these rows, the oldest first."""
    return {"_rows": [*rows], "_totals": totals(*rows)}


def tried_again(*rows: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return what the kernel answers where a row is tried again: after `rows` comes a new one."""
    new = running(str(len(rows)))
    changed = {"kind": "rows", "sequence": 1, "rows": [new], "more": False}
    done = {"kind": "done", "key": new["key"], "request": ""}
    return {"act": [changed | {"totals": totals(*rows, new)}, done]}


def picture(key: str, **changes: Any) -> dict[str, Any]:
    """Return a picture of a prompt form."""
    return {
        "key": key,
        "name": f"{key}.png",
        "width": 96,
        "height": 64,
        "thumbnail": None,
        "error": "",
    } | changes


def tile(key: str, **changes: Any) -> dict[str, Any]:
    """Return a picture of a gallery."""
    return {
        "key": key,
        "sha256": f"sha of {key}",
        "width": 64,
        "height": 48,
        "index": 0,
        "count": 1,
        "prompt": "a cute cat",
        "model": "gpt-image-2-low",
        "size": "",
        "when": 1_790_000_000.0,
        "starred": False,
        "missing": False,
    } | changes


def first_tiles(*tiles: dict[str, Any]) -> dict[str, Any]:
    """Return what a page of a gallery gets that has these pictures."""
    return {"listing": 1, "count": len(tiles), "arrived": 0, "sequence": 0, "items": [*tiles]}


def compared(place: int) -> dict[str, Any]:
    """Return a picture of a comparison, which fills the frame."""
    return {
        "sha256": f"sha of {place}",
        "width": 64,
        "height": 48,
        "bytes": 100,
        "name": f"picture {place}",
        "relation": "",
        "alt": "",
        "place": {"left": 0, "top": 0, "width": 64, "height": 48},
    }


CASES = {
    "compare": Case(
        {
            "language": "en",
            "mode": "slider",
            "left": 0,
            "right": 1,
            "_blind": False,
            "_compared": [compared(0), compared(1)],
            "_frame": {"width": 64, "height": 48},
        },
        stage=".lumen-stage",
    ),
    "gallery": Case(
        {
            "language": "en",
            "_history": True,
            "_first": first_tiles(tile("2.0"), tile("1.0")),
            "_selected": {"item": None, "view": ""},
            "compare": None,
        },
        stage=".lumen-tile",
    ),
    "mask_painter": Case(
        {
            "language": "en",
            "tool": "brush",
            "radius": 12,
            "mode": "add",
            "color": "#ff3366",
            "opacity": 0.5,
            "_shown": {"painting": "p", "width": 320, "height": 240, "alt": ""},
            "_canvas": "IPY_MODEL_none",
            "_picture": _PICTURE,
            "_sides": {
                "painting": "p",
                "copy_id": "",
                "number": 0,
                "sides": {"left": 0, "top": 0, "right": 0, "bottom": 0},
            },
        },
        stage=".lumen-painter-stage",
        own=("Control+z", "Control+Shift+Z", "Control+y", "Meta+z"),
    ),
    "prompt_form": Case(
        {
            "prompt": "a fox",
            "negative_prompt": None,
            "model": "gpt-image-2-low",
            "n": None,
            "size": None,
            "resolution": None,
            "quality": None,
            "webhook_url": None,
            "exact": True,
            "crop": None,
            "left": 0,
            "top": 0,
            "right": 0,
            "bottom": 0,
            "language": "en",
            "panel": None,
            "painter": None,
            "gallery": None,
            "compare": None,
            "_extra_text": "",
            "_host": "",
            "_models": [{"code": "gpt-image-2-low", "can": ["edits", "generations"]}],
            "_prices": {},
            "_budget": {},
            "_sent": 0,
            "static": True,
            "_below": True,
            "_form": "form",
            "_notebook": "notebook",
        },
        stage=".lumen-prompt",
        own=("Control+Enter", "Meta+Enter"),
        answers={
            "submit": [
                {
                    "kind": "answer",
                    "sequence": 2,
                    "request": "",
                    "taken": True,
                    "repeated": False,
                    "errors": [],
                }
            ],
            "remove": [{"kind": "pictures", "sequence": 3, "images": [picture("2")], "mask": None}],
        },
        begin=(
            {
                "kind": "pictures",
                "sequence": 1,
                "images": [picture("1"), picture("2")],
                "mask": None,
            },
        ),
    ),
    "studio": Case(
        {
            "form": None,
            "language": "en",
            "_host": "",
            "_spending": {
                "spent": 0,
                "left": None,
                "tasks": 0,
                "tasks_left": None,
                "unpriced": 0,
                "unknown": 0,
                "refunded": 0,
            },
            "_studio": "studio",
        },
        stage="[data-tab=results]",
        own=("Control+Enter", "Meta+Enter", "F6"),
    ),
    "task_panel": Case(
        {"language": "en", "_host": None, "_toolbar": True, "_panel": "p", **panel(row("0"))},
        stage=".lumen-task",
        # the new row comes to where the button was
        answers=tried_again(row("0")),
    ),
}

# every bundle that there is: one without a case of its own fails where it is mounted
WIDGETS = sorted({*_BUNDLES, *CASES})


@contextmanager
def plain_page(browser: Browser) -> Iterator[PlainPage]:
    """Open a page without JupyterLab."""
    context = new_context(browser, viewport={"width": 1000, "height": 1600})
    try:
        yield PlainPage(context.new_page())
    finally:
        context.close()


class PlainPage:
    """A page that shows one widget, and what the widget sent and let through.

    Attributes
    ----------
    page
        Playwright's page.
    el
        What the widget is in.

    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.el: Locator = page.locator("main")
        page.set_content("<!doctype html><title>A widget</title><main></main>")
        page.evaluate(_LISTEN)

    def mount(
        self,
        bundle: str,
        answers: dict[str, list[dict[str, Any]]] | None = None,
        **changes: Any,
    ) -> None:
        """Show a widget, in place of the one before; `changes` are traits."""
        case = CASES[bundle]
        source, css = (
            (STATIC / f"{bundle}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css")
        )
        state = case.state | changes
        self.page.evaluate(_MOUNT, [source, css, state, answers or case.answers])
        for message in case.begin:
            self.deliver(message)
        self.el.locator(case.stage).first.wait_for()

    def deliver(self, message: dict[str, Any]) -> None:
        """Say something as the kernel would."""
        self.page.evaluate("(message) => window.lumenDeliver(message)", message)

    def sent(self, *but: str) -> list[str]:
        """Return what the widget asked for, each in short; some kinds may not be meant."""
        found: list[dict[str, Any]] = self.page.evaluate("() => window.lumenSent")
        quiet = {
            "hello",
            "bye",
            "shown",
            "hidden",
            "look",
            "read",
            "find",
            "wants",
            "tell",
            "differ",
            *but,
        }
        return [_short(one) for one in found if one["kind"] not in quiet]

    def double_click(self, x: float, y: float) -> None:
        """Click twice at a place, a tenth of a second apart by the events' own clock."""
        Pointer(self.page).play(double_click((x, y)))

    def press_everywhere(self, keys: list[str]) -> int:
        """Press keys on everything that can have the focus; return how much that is."""
        found: int = self.el.evaluate(_PRESS, keys)
        return found

    def heard(self) -> list[str]:
        """Return what a listener on the window heard since this was asked last."""
        found: list[str] = self.page.evaluate("() => window.lumenHeard.splice(0)")
        return found


def _short(message: dict[str, Any]) -> str:
    about = message.get("action") or message.get("step") or message.get("key") or ""
    if isinstance(about, dict):
        about = about.get("kind", json.dumps(about))
    return f"{message['kind']} {about}".strip()
