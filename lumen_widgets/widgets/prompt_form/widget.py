"""The prompt form: every field of a call as a trait, and a submit that never blocks.

Protocol (`messages.py`): what is typed is written to the traits by the browser, which
waits a moment between two writes. Each page says *hello* and gets a snapshot of what is no trait:
pictures, errors, earlier prompts; after that each comes by itself when it changes. Files arrive in
*chunks*, each of which is answered. A *submit* brings every field once more, since a trait may
still be on its way, and is answered with what is wrong or with the word that it was taken. A page
that does not know the answer sends it under the same id, in its next hello or with the next click:
under one id nothing is paid twice, not even by the kernel after this one. The pictures that it
made, settings that come back and presets have messages of their own (`strip.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import traitlets

from lumen_widgets.client import InvalidRequest, LumenError, Picture, Pictures, Task
from lumen_widgets.client.spending.budget import budget, subscribe_budget
from lumen_widgets.client.spending.prices import prices
from lumen_widgets.core.errors import redacts_traceback
from lumen_widgets.core.signal import Signal
from lumen_widgets.core.words import cut_keys, strip_controls, without_keys
from lumen_widgets.notebook.account import current
from lumen_widgets.notebook.cell import Cell, here, in_notebook, shortened
from lumen_widgets.notebook.cell_status import error_words
from lumen_widgets.notebook.publisher import publisher
from lumen_widgets.notebook.submission import Submission
from lumen_widgets.widgets.base import ChildWidget, weakly
from lumen_widgets.widgets.browser_values import checked
from lumen_widgets.widgets.bundles import bundle
from lumen_widgets.widgets.comparing import ComparingWidget
from lumen_widgets.widgets.gallery.widget import Gallery
from lumen_widgets.widgets.local_picture import as_picture
from lumen_widgets.widgets.mask_painter.picture import read_background
from lumen_widgets.widgets.mask_painter.widget import MaskPainter, painting_of
from lumen_widgets.widgets.picture_names import picture_name
from lumen_widgets.widgets.picture_targets import forget_target, note_used
from lumen_widgets.widgets.prompt_form.checks import (
    FIELDS,
    SIDES,
    known_models,
    parsed_extra,
    refuse_unknown,
    values_of,
)
from lumen_widgets.widgets.prompt_form.earlier_work import EarlierWork
from lumen_widgets.widgets.prompt_form.messages import FormBudget
from lumen_widgets.widgets.prompt_form.session import (
    KEY_CUT,
    MAY_HOLD_KEY,
    MOST_PICTURES,
    TYPED,
    FormSession,
    forget_form,
    keys_in,
)
from lumen_widgets.widgets.prompt_form.static_form import asked_parts
from lumen_widgets.widgets.prompt_form.strip import Strip
from lumen_widgets.widgets.prompt_form.submission_display import SubmissionDisplay, submission_of
from lumen_widgets.widgets.prompt_form.traits import (
    CropShare,
    JsonObject,
    PictureSources,
    SidePixels,
    Size,
    Text,
    WholeNumber,
)
from lumen_widgets.widgets.task_panel.static_form import add_rows
from lumen_widgets.widgets.task_panel.widget import TaskPanel
from lumen_widgets.widgets.tasks import host_of, host_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ipywidgets import Widget

    from lumen_widgets.client import LumenClient, Request
    from lumen_widgets.core.pictures.images import PictureSource
    from lumen_widgets.notebook.kept_task import KeptTask
    from lumen_widgets.widgets.comparisons import Comparisons
    from lumen_widgets.widgets.mask_painter.painting import Painting
    from lumen_widgets.widgets.prompt_form.checks import FormValues
    from lumen_widgets.widgets.prompt_form.messages import FormModel
    from lumen_widgets.widgets.static_form import StaticForm

# characters of a prompt by which a form is recognised among others
_NAME_LENGTH = 40


class PromptForm(ComparingWidget):
    """A form for pictures: type, submit, and go on typing while the pictures arrive under it.

    Which call it makes follows from what it holds: no pictures, `generate`; pictures, `edit`; a
    picture and a mask, `inpaint`; a picture and new ground on a side of it, `extend`. The mask can
    be painted in the form itself: *Paint* beside a picture, or `paint`.

    Parameters
    ----------
    client
        Whose credits are spent; None is the account in use when the form is made (`lumen.use`).
    **fields
        First values of the traits: ``prompt``, ``model``, ``n``, ``size`` and so on.

    Raises
    ------
    TypeError
        A keyword is none of these.
    traitlets.TraitError
        A value is of the wrong type.

    Examples
    --------
    >>> form = lumen.PromptForm(prompt="a red fox", size="16:9")  # doctest: +SKIP
    >>> form.observe(lambda change: print(change.new.id), "task")  # doctest: +SKIP

    """

    _esm = bundle("prompt_form.js")
    _css = bundle("prompt_form.css")

    prompt = Text("").tag(sync=True)
    """What the pictures show, in any language. Default empty. Written by the user and by Python."""

    negative_prompt = Text().tag(sync=True)
    """What they should not show; None leaves it out. Written by the user and by Python."""

    model = Text("gpt-image-2-low").tag(sync=True)
    """A model's code, known or not. Written by the user and by Python."""

    n = WholeNumber().tag(sync=True)
    """How many pictures, 1 to 4; None lets the service decide (one). Written by the user and by
    Python."""

    size = Size().tag(sync=True)
    """Pixels such as ``"1024x1024"`` or a ratio such as ``"16:9"``; None lets the service decide
    (1:1). A pair of whole numbers is taken as pixels. Written by the user and by Python."""

    resolution = Text().tag(sync=True)
    """``"1K"``, ``"2K"`` or ``"4K"``; None follows from `size`. Written by the user and by
    Python."""

    quality = Text().tag(sync=True)
    """The model's word for it, such as ``"low"``, ``"medium"`` or ``"high"``; None leaves it out.
    Written by the user and by Python."""

    webhook_url = Text().tag(sync=True)
    """Where the service calls when a task has ended; None is nowhere. Its secret is no trait: it
    travels with a submit alone. Written by the user and by Python."""

    extra = JsonObject()
    """More fields of the request by name, merged into it last; None is none. Written by the user,
    as JSON, and by Python."""

    images = PictureSources()
    """The reference pictures, a tuple of what `LumenClient.edit` takes. Default empty. Written by
    the user, as bytes and addresses, and by Python; never synced."""

    mask = traitlets.Any()
    """The mask, as `LumenClient.inpaint` takes it: white is repainted. What is painted in the form
    is a `Painting`. Default None. Written by the user, as bytes or an address, and by Python; never
    synced."""

    exact = traitlets.Bool(default_value=True).tag(sync=True)
    """Whether a repaint is put back into its picture, so that nothing else in it differs. Default
    True. Part of the call where there is a mask. Written by the user and by Python."""

    crop = CropShare().tag(sync=True)
    """How much of the mask's box is added on every side before only that part is sent, from 0: 0.5
    is half of its longer side; None sends all of the picture. Needs `exact`. Part of the call where
    there is a mask. Written by the user and by Python."""

    left = SidePixels().tag(sync=True)
    """How many pixels the picture is to grow on its left, 0 to 4096. Default 0. With any of the
    four sides above 0 the call is `extend`. Written by the user and by Python."""

    top = SidePixels().tag(sync=True)
    """As `left`, above the picture."""

    right = SidePixels().tag(sync=True)
    """As `left`, on the picture's right."""

    bottom = SidePixels().tag(sync=True)
    """As `left`, below the picture."""

    task = traitlets.Instance(Task, allow_none=True, read_only=True)
    """The task that was submitted last; None before. Written by the form, on a background thread:
    what observes it should take no time."""

    pictures = traitlets.Instance(Pictures, args=(), read_only=True)
    """The pictures of `task`, empty until they are here. Written by the form, as `task` is."""

    code = traitlets.Unicode(read_only=True)
    """What the form would send, as Python, up to date with each change. Pictures that have neither
    an address nor a path are named as the form has them, such as ``form.images[0]``. Never synced.
    Written by the form."""

    language = traitlets.Enum(["", "en", "zh"], default_value="").tag(sync=True)
    """What the form speaks: English, Chinese, or, by default, what the browser prefers. Written by
    Python."""

    static = traitlets.Bool(default_value=True).tag(sync=True)
    """Whether pictures are shown under the form, where the notebook keeps them: those of a task as
    one sheet; and before them, for when there is no kernel, what the form asks for, the mask that
    is painted and its tasks. Default True; False leaves nothing of this form in the saved notebook,
    nor of its panel and its painter. Written by Python."""

    panel = ChildWidget(TaskPanel)
    """The `TaskPanel` inside the form, with a row for each submit; None once it was closed. Written
    by the form."""

    painter = ChildWidget(MaskPainter, read_only=True)
    """The `MaskPainter` that is open in the form, whose `painting` is the form's mask; None while
    none is. It goes on to another picture when that is painted on, and closing it keeps what is
    painted as the mask. Written by the form, with *Paint* and `paint`."""

    gallery = ChildWidget(Gallery, read_only=True)
    """The `Gallery` that is open in the form, to choose a picture for it; None while none is.
    Written by the form, with *From the gallery*."""

    _extra_text = traitlets.Unicode().tag(sync=True)
    """`extra` as it was typed, so that JSON with a slip in it is not lost. Written by both."""

    _host = traitlets.Unicode().tag(sync=True)
    """Who charges: the service's host, empty for the sandbox of this machine. Written once, by the
    kernel."""

    _models: traitlets.List[FormModel] = traitlets.List().tag(sync=True)
    """The models to offer, with what each can do. Written by the kernel when a page appears."""

    _prices: traitlets.Dict[str, float] = traitlets.Dict().tag(sync=True)
    """Credits for one picture by model code, as `lumen.prices` has them. Written by the kernel."""

    _budget: traitlets.Dict[str, float | None] = traitlets.Dict().tag(sync=True)
    """What `lumen.budget` allows and leaves, as a `FormBudget`; empty for no limit. Written by the
    kernel."""

    _sent = traitlets.Int(0).tag(sync=True)
    """How many submits there were, and tasks before them that were taken up: the panel shows from
    the first. Written by the kernel."""

    _below = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether pictures arrive under the form: not once its page was reloaded, since the new one
    does not listen to the cell. Written by the kernel."""

    _form = traitlets.Unicode().tag(sync=True)
    """What pages know this form by: random. Written once, by the kernel."""

    _notebook = traitlets.Unicode().tag(sync=True)
    """What pages know its notebook by, also after a restart of the kernel: a digest of its path,
    the same for all where the server does not tell. Written once, by the kernel."""

    # here too, since ipywidgets closes even what could not be made
    _displays: tuple[SubmissionDisplay, ...] = ()
    _subscriptions: tuple[Callable[[], None], ...] = ()
    _unfollow_mask: tuple[Callable[[], None], ...] = ()

    def __init__(self, client: LumenClient | None = None, **fields: Any) -> None:
        refuse_unknown(fields)
        self._account = current(client)
        self._submitted: Signal[Submission] = Signal("a form")
        # fields out of which a key was cut, and this is not said yet
        self._cut = set[str]()
        self._last: Submission | None = None
        # the pages since it was last displayed: only the first shows what comes under it
        self._pages = 0
        # where it is not displayed by itself, as in a box, it belongs to the cell that made it
        self._cell = here()
        form_id = uuid4().hex
        self._strip = Strip(self, self._account.client)
        self._earlier = EarlierWork(self, self._account.client, self._strip, self._list_earlier)
        self._session = FormSession(
            self,
            form_id,
            self._account,
            self._strip,
            submit=self._dispatch,
            show=self._list,
            page_appeared=self._count_page,
            code_changed=self._write_code,
        )
        panel = TaskPanel([], self._account.client, static=fields.get("static", True))
        # what stays of the form has its rows
        panel.be_part(weakly(self._note_static))
        super().__init__(
            panel=panel,
            _host=host_of(self._account),
            _models=known_models(),
            _prices=prices.table(),
            _budget=_limits(),
            _below=in_notebook(),
            _form=form_id,
            _notebook=_notebook_digest(),
            **fields,
        )
        self._speak()
        self.observe(self._speak, "language")
        self.observe(self._leave_pictures, "static")
        self._hold_pictures()
        self._write_extra()
        self.observe(self._hold_pictures, ["images", "mask"])
        self._follow_painting()
        self.observe(self._write_extra, "extra")
        self.observe(self._read_extra, "_extra_text")
        self.observe(self._forget_error, list(FIELDS))
        self._say_cut()
        self.on_msg(self._session.receive)
        self._write_code()
        self.observe(self._write_code, [*FIELDS, "_extra_text", "painter"])
        self.observe(self._note_static, "static")
        self.observe(self._follow_mask, "mask")
        self._follow_mask()
        changed = weakly(self._spending_changed)
        self._subscriptions = prices.subscribe(changed), subscribe_budget(changed)
        self._session.show_errors()
        note_used(self)

    def __repr__(self) -> str:
        """Return the form in words, for front ends that cannot show it."""
        words = f"Lumen form · {self._account.name}\n{self.prompt}"
        # a notebook keeps it
        return without_keys(strip_controls(words)).rstrip()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show the form in the cell that runs now, which is where its pictures go from here on.

        Or in the `ipywidgets.Output` that captures what is shown.
        """
        self.display_here(self.model_id)
        return super()._repr_mimebundle_(**kwargs)

    def display_here(self, shown_id: str) -> None:
        """Have pictures go to the cell that runs now, which shows the form, or what it is in.

        Parameters
        ----------
        shown_id
            The model's id of the widget that the cell displays.

        """
        self._cell = here(shown_id)
        self._pages = 0
        self._below = in_notebook()

    @redacts_traceback
    def submit(self, *, webhook_secret: str | None = None) -> Submission:
        """Send what the form holds, as its button does; returns at once.

        Parameters
        ----------
        webhook_secret
            What the calls to `webhook_url` are signed with; kept for this submit alone.

        Returns
        -------
        Submission
            ``.task`` is the task once the service has taken it, ``.error`` says why it did not.

        Raises
        ------
        InvalidRequest
            A field is wrong, which the form then also says beside it; nothing was sent.

        Examples
        --------
        >>> form.submit()  # doctest: +SKIP

        """
        values, secret = values_of(self, {}), webhook_secret or ""
        errors = self._session.check(values, secret, {})
        if errors:
            field, message = next(iter(errors.items()))
            raise InvalidRequest(f"{field}: {message}", field=field)
        return self._dispatch(values, secret)

    @redacts_traceback
    def paint(self, picture: PictureSource | None = None) -> Painting:
        """Open the painter in the form, as *Paint* does; its mask is the form's from here on.

        The picture is then the only one that is sent, and a model that cannot repaint gives way to
        one that can. All of that is taken back if nothing is painted.

        Parameters
        ----------
        picture
            One of `images`, or another, which is added to them. None is the one that is painted on,
            else the first.

        Returns
        -------
        Painting
            What is painted on the picture, which is `mask` too: everything that code does with a
            painter is done with it. It stays this picture's also once `painter` shows another.

        Raises
        ------
        InvalidRequest
            There is no picture, or it cannot be painted on.

        Examples
        --------
        >>> form.paint().ellipse(200, 120, 300, 260)  # doctest: +SKIP

        """
        painting, images = self._session.painting, self.images
        if picture is None and not images:
            raise InvalidRequest(
                "The form has no picture to paint on.",
                next_step="Give it one: form.paint(picture).",
                field="image",
            )
        painting_now = painting_of(self.mask)
        painted = None if painting_now is None else painting_now.image
        wanted = painted if picture is None else picture
        held = next((one for one in images if _is_same_picture(one, wanted)), None)
        if held is not None or picture is None:
            return painting.open(images[0] if held is None else held)
        background = read_background(picture)
        self.images = (*images, picture)
        return painting.open(picture, background)

    @redacts_traceback
    def extend(self, picture: PictureSource) -> None:
        """Have a picture as the only one of `images`, and show the sides on which it can grow.

        Parameters
        ----------
        picture
            As one of `images`.

        Examples
        --------
        >>> form.extend(form.pictures[0])  # doctest: +SKIP

        """
        self.mask = None
        self.images = (picture,)
        self._session.painting.choose_model("extend")
        self._session.show_extend()

    def on_submit(self, fn: Callable[[Submission], None]) -> Callable[[], None]:
        """Have `fn` called with each `Submission` just before it is sent; what it raises is logged.

        Returns what ends that. The task comes later: observe `task`, or subscribe to the
        submission.

        Examples
        --------
        >>> form.on_submit(lambda submission: print(submission.prompt))  # doctest: +SKIP

        """
        return self._submitted.connect(fn)

    @property
    def name(self) -> str:
        """What users know the form by, among several: the beginning of its prompt."""
        return shortened(self.prompt, _NAME_LENGTH)

    @property
    def host(self) -> str:
        """Who charges for what the form sends: a host's name, empty for the sandbox."""
        return str(self._host)

    def use(self, picture: Picture) -> None:
        """Take a picture as one more reference picture, unless it is one already.

        Raises
        ------
        InvalidRequest
            The form has as many as it takes.

        Examples
        --------
        >>> form.use(cats[2])  # doctest: +SKIP

        """
        held = [getattr(one, "sha256", None) for one in self.images]
        if as_picture(picture).sha256 in held:
            return
        if len(held) >= MOST_PICTURES:
            raise InvalidRequest(
                f"A form takes {MOST_PICTURES} pictures at most.",
                next_step="Remove one.",
                field="images",
            )
        self.images = (*self.images, picture)
        note_used(self)

    def recall(self, picture: Picture, fields: Iterable[str] | None = None) -> tuple[str, ...]:
        """Bring the settings back that a picture was made with; the form says what changed.

        With them come the pictures that it was made from, as far as they are pictures of ours, or
        were kept for a repaint. A webhook does not come back.

        Parameters
        ----------
        picture
            A picture of this machine's journal, or of a task that is here.
        fields
            The names of the traits that are to come back; None is all.

        Returns
        -------
        tuple of str
            The names of the traits that changed, which `undo` takes back.

        Raises
        ------
        InvalidRequest
            It is not known how the picture was made, or there is no such field.
        JournalError
            The journal cannot be read.

        Examples
        --------
        >>> form.recall(cats[2], ["prompt", "size"])  # doctest: +SKIP
        ('prompt', 'size')

        """
        recalled = self._strip.recalled(as_picture(picture))
        note_used(self)
        return self._strip.recalls.bring_back(picture_name(picture), recalled, fields)

    def undo(self) -> tuple[str, ...]:
        """Take the last `recall` or preset back; once more brings it back again.

        Returns
        -------
        tuple of str
            The names of the traits that changed; none if there is nothing to take back.

        Examples
        --------
        >>> form.undo()  # doctest: +SKIP
        ('prompt', 'size')

        """
        return self._strip.recalls.undo()

    def offer(self, picture: Picture) -> None:
        """Show what would change if a picture's settings came back, for the user to choose.

        Raises
        ------
        InvalidRequest
            It is not known how the picture was made.
        JournalError
            The journal cannot be read.

        Examples
        --------
        >>> form.offer(cats[2])  # doctest: +SKIP

        """
        recalled = self._strip.recalled(as_picture(picture))
        self._strip.recalls.offer(picture_name(picture), recalled)
        note_used(self)

    def again(self, picture: Picture, submit_id: str | None = None) -> Submission:
        """Send what a picture was made by once more, which is paid anew; returns at once.

        The fields of the form stay as they are. A webhook is left out.

        Parameters
        ----------
        picture
            A picture of this machine's journal, or of a task that is here.
        submit_id
            What the caller knows this by: under one id nothing is sent twice.

        Returns
        -------
        Submission
            As from `submit`.

        Raises
        ------
        InvalidRequest
            It is not known how the picture was made.
        JournalError
            The journal cannot be read.

        Examples
        --------
        >>> form.again(cats[2])  # doctest: +SKIP

        """
        as_picture(picture)
        name = submit_id or uuid4().hex
        note_used(self)
        return self._session.send_once(
            name,
            lambda made: self._strip.again(
                picture,
                lambda values: self._dispatch(values, "", name, made),
                lambda request, values: self._start(
                    self._submission_of(request, name), values, made
                ),
            ),
        )

    def take_up_last(self) -> None:
        """Go on where the account's work ended, by its journal; returns at once.

        The strip then has the pictures of its last tasks, the panel their rows, and the fields hold
        the last request, unless they hold something already; `undo` empties them. A task that no
        process follows is followed from here on, as `lumen.resume` does it; a request of unknown
        outcome has a row that says so. Nothing is sent again, and nothing is paid. A form does not
        do so by itself, since it starts empty and a notebook may have many: a `Studio` goes on.

        A journal that is locked is tried a few times; if it cannot be read the form says why. Once
        it was called, it does nothing more.

        Examples
        --------
        >>> form = lumen.PromptForm()  # doctest: +SKIP
        >>> form.take_up_last()  # doctest: +SKIP

        """
        self._earlier.take_up()

    def show_gallery(self, *, opened: bool = True) -> None:
        """Open the gallery in the form, whose actions are done in this form; or close it.

        Parameters
        ----------
        opened
            Whether it is to be open from here on.

        Examples
        --------
        >>> form.show_gallery()  # doctest: +SKIP

        """
        if not opened:
            if self.gallery is not None:
                self.gallery.close()
            return
        note_used(self)
        if self.gallery is not None:
            return
        try:
            # the form's cell is no place to keep what is looked through
            gallery = Gallery(language=self.language, static=False)
        except LumenError as error:
            self._session.refuse("images", error_words(error))
            return
        # of several forms, the one that it is open in
        gallery.on_msg(weakly(self._note_gallery))
        gallery.compares_in(weakly(self.open_comparison))
        self.set_trait("gallery", gallery)

    @property
    def comparisons(self) -> Comparisons:
        """What the pictures of this form are compared with."""
        return self._strip.comparisons

    def _note_gallery(self, *_: object) -> None:
        note_used(self)

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take in what a browser wrote; a wrong value is said beside its field, and not taken."""
        accepted, wrong = checked(self, sync_data, TYPED)
        for name, message in wrong.items():
            self._session.refuse(name, message)
        # as it was written: where a trait holds something else, the browser is told so
        super().set_state({name: sync_data[name] for name in accepted})
        self._cut.update(keys_in(sync_data))
        self._say_cut()

    def close(self) -> None:
        """Close the form with its panel and painter; what was submitted goes on."""
        super().close()

    def _release(self) -> None:
        for display in self._displays:
            display.end()
        for unsubscribe in (*self._subscriptions, *self._unfollow_mask):
            unsubscribe()
        self._subscriptions = self._unfollow_mask = ()
        forget_form(self._form)
        for part in (self.panel, self.gallery):
            if part is not None:
                part.close()
        if hasattr(self, "_session"):
            self._session.close()
            self._earlier.close()
            self._strip.close()
        forget_target(self)
        publisher.forget(self)
        super()._release()

    def parts(self) -> Sequence[Widget]:
        """Return the form with the widgets in it, for the one that it is in."""
        own = (self.panel, self.painter, self.gallery)
        return [*super()._with_parts(), *(one for one in own if one is not None)]

    @property
    def unfinished(self) -> bool:
        """Whether something that was submitted here has not ended."""
        going = any(not display.over for display in self._displays)
        return going or (self.panel is not None and self.panel.unfinished)

    def _with_parts(self) -> Sequence[Widget]:
        return self.parts()

    def _is_needed(self) -> bool:
        return super()._is_needed() or self.unfinished

    def _dispatch(
        self,
        values: FormValues,
        secret: str,
        submit_id: str | None = None,
        made: Callable[[Submission], None] = lambda _: None,
    ) -> Submission:
        """Send what was found to be in order, under the id that a page gave it; returns at once."""
        return self._start(submission_of(values, secret, self._account, submit_id), values, made)

    def _submission_of(self, request: Request, submit_id: str) -> Submission:
        """Return the call that sends a request as it was sent, not started yet."""
        return Submission(
            lambda client, correlation_id: client.submit(request, correlation_id=correlation_id),
            account=self._account,
            prompt=request.prompt,
            model=request.model,
            correlation_id=submit_id,
        )

    def _start(
        self,
        submission: Submission,
        values: FormValues,
        made: Callable[[Submission], None] = lambda _: None,
    ) -> Submission:
        """Send a submission that the form's values make; returns at once."""
        made(submission)
        self._strip.note_sent(submission, values)
        note_used(self)
        self._last = submission
        going = (one for one in self._displays if not one.over)
        display = SubmissionDisplay(
            submission, self._cell, self._show_progress, lambda: self.static
        )
        self._displays = (*going, display)
        self._list(submission)
        self._submitted.send(submission)
        self._session.offer_again(values.prompt)
        submission.start()
        return submission

    def _list(self, submission: Submission) -> None:
        """Show a submission in the panel."""
        if self.panel is not None:
            self.panel.add(submission)
        self._sent += 1

    def _list_earlier(self, entries: Sequence[Task | KeptTask | Submission]) -> None:
        """Show in the panel what was done before, oldest first, on the publisher's thread."""
        if self.panel is not None:
            for entry in entries:
                self.panel.add(entry)
        self._sent += len(entries)

    def static_form(self) -> StaticForm | None:
        """Return what stays of it in a saved notebook: see `LumenWidget.static_form`."""
        if not self.static:
            return None
        pictures, mask = self._session.references.shown()
        parts = asked_parts(host_words(self._host), values_of(self, {}), pictures, mask)
        panel: TaskPanel | None = self.panel
        rows, count = ([], 0) if panel is None else panel.static_rows()
        if rows:
            parts.add_words("Its tasks:")
            add_rows(parts, rows, count)
        return parts.form()

    def _follow_mask(self, _: Any = None) -> None:
        """Have what stays brought up to date with each step of a mask that is painted."""
        for unsubscribe in self._unfollow_mask:
            unsubscribe()
        painting = painting_of(self.mask)
        changed = weakly(self._note_static)
        self._unfollow_mask = () if painting is None else (painting.on_change(changed),)

    def _count_page(self) -> None:
        """Take in that a page shows the form, perhaps one that was reloaded."""
        self._pages += 1
        # what is in an Output is there after a reload too
        self._below = in_notebook() and (self._pages == 1 or not isinstance(self._cell, Cell))
        self._models = known_models()

    def _show_progress(self, submission: Submission) -> None:
        """Show how far a submission is, on the publisher's thread."""
        task, error = submission.task, submission.error
        self._strip.note_news(submission)
        if isinstance(error, InvalidRequest) and error.field in FIELDS:
            self._session.refuse(str(error.field), error_words(error))
        if task is None or submission is not self._last:
            return
        if task is not self.task:
            self.set_trait("pictures", Pictures())
            self.set_trait("task", task)
        if task.done and task.pictures:
            self.set_trait("pictures", task.pictures)

    def _write_extra(self, _: Any = None) -> None:
        """Write `extra` as text, unless what was typed says the same already."""
        if parsed_extra(self._extra_text) != (self.extra or {}):
            self._extra_text = json.dumps(self.extra, ensure_ascii=False) if self.extra else ""

    def _read_extra(self, _: Any = None) -> None:
        """Read what was typed into `extra`; JSON with a slip in it changes nothing but errors."""
        found = parsed_extra(self._extra_text)
        try:
            if found is not None:
                self.extra = found
        except traitlets.TraitError as error:
            self._session.refuse("extra", str(error))
        else:
            self._session.forget_error("extra")

    def _speak(self, _: Any = None) -> None:
        for part in (self.panel, self.gallery):
            if part is not None:
                part.language = self.language

    def _leave_pictures(self, _: Any) -> None:
        if self.panel is not None:
            self.panel.static = self.static

    def _spending_changed(self, _: str | None) -> None:
        publisher.run_soon(self._show_spending)

    def _show_spending(self) -> None:
        self._prices = prices.table()
        self._budget = _limits()

    def _write_code(self, _: Any = None) -> None:
        self.set_trait("code", self._session.as_code({}, {}).python)
        self._note_static()

    @traitlets.validate(*MAY_HOLD_KEY)
    def _cut_key(self, proposal: Any) -> Any:
        """Keep no key that was pasted into a field: a notebook would, with the widget's state."""
        text = proposal["value"]
        if not isinstance(text, str) or (kept := cut_keys(text)) == text:
            return text
        name = proposal["trait"].name
        self._cut.add(name)
        return kept or (None if proposal["trait"].allow_none else "")

    def _forget_error(self, change: Any) -> None:
        self._session.forget_error(change["name"])
        self._say_cut()

    def _say_cut(self) -> None:
        """Say of each field that a key was cut out of it."""
        while self._cut:
            self._session.refuse(self._cut.pop(), KEY_CUT)

    @traitlets.validate("mask")
    def _take_mask(self, proposal: Any) -> Any:
        """Take what the form's own painter shows for the painter: it may go on to another."""
        mask = proposal["value"]
        return mask.painting if mask is not None and mask is self.painter else mask

    def _follow_painting(self) -> None:
        painting = self._session.painting
        for names, changed in (
            (["painter"], painting.painter_changed),
            (["images"], painting.images_changed),
            (["mask"], painting.mask_changed),
            (["model"], painting.model_changed),
            (list(SIDES), painting.sides_changed),
            (["language"], painting.language_changed),
            (["static"], painting.static_changed),
        ):
            self.observe(changed, names)
        # a mask that was given with the form is as good as one that comes later
        painting.mask_changed(None)

    def _hold_pictures(self, _: Any = None) -> None:
        self._session.references.hold(self.images, self.mask)


def _limits() -> dict[str, Any]:
    """Return a `FormBudget`, or nothing where there is no limit."""
    found = budget()
    if found.credits is None and found.tasks is None:
        return {}
    return dict(
        FormBudget(
            credits=found.credits,
            left=found.left,
            tasks=found.tasks,
            tasks_left=found.tasks_left,
        )
    )


def _is_same_picture(one: Any, other: Any) -> bool:
    both = isinstance(one, Picture) and isinstance(other, Picture)
    return one is other or (both and one.sha256 == other.sha256)


def _notebook_digest() -> str:
    path = os.environ.get("JPY_SESSION_NAME", "")
    return hashlib.sha256(path.encode(errors="replace")).hexdigest()[:16]
