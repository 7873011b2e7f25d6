"""The form for parameters of a verb, one field per `Param`; what is wrong stands beside its field.

It knows neither VM nor resource: where lists come from and who sends are given. With `send` it stays until the cloud
has taken the request, so that a refusal comes back with everything typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from osvm_tui.domain.action import Param
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.dialogs.pick import Choice as Offered
from osvm_tui.ui.param_values import CHOICE, FLAG, empty, label_of, parsed, picked, typed_of
from osvm_tui.ui.printable import printable
from osvm_tui.ui.widgets.choice_field import ChoiceField
from osvm_tui.ui.widgets.flag_field import FlagField
from osvm_tui.ui.widgets.form_field import FormField
from osvm_tui.ui.widgets.loaded_field import Choices, LoadedField
from osvm_tui.ui.widgets.price_line import PriceLine


class Caution(NamedTuple):
    """What the form of a disruptive verb says of its target and of what will happen: to send it is the answer."""

    target: str
    words: str
    go: str
    """The whole sentence on the button: `resize web-0001`."""


Send = Callable[[dict[str, object]], Awaitable[str]]
"""Sends what was typed; returns why it was not taken, empty when it was. None of the form's own errors."""


Price = Callable[[Mapping[str, object]], Content]
"""What these values would change of the bill; empty where nothing is known."""


class ParamsForm(Dialog[dict[str, object]]):
    """Ask for parameters; the answer holds them by name, empty ones left out; None when left.

    `before`: values that the fields start from. With `edits` they are the target's own, and only what was changed is
    given back: at least one value. `choices` loads the list of a kind that is picked. `go`: the verb on the button.
    `entries`: the clouds that are meant. `price` tells what the values would change of the bill. With `caution` nobody
    asks again: cancel gets the focus when all is chosen.
    """

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "Input, ChoiceField, FlagField"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "send", show=False, priority=True)]
    footing = "enter or ctrl-s goes on, esc leaves"

    def __init__(
        self,
        heading: str,
        params: Sequence[Param],
        before: Mapping[str, object],
        choices: Choices,
        *,
        go: str = "go on",
        edits: bool = False,
        note: str = "",
        send: Send | None = None,
        entries: tuple[str, ...] = (),
        caution: Caution | None = None,
        price: Price | None = None,
    ) -> None:
        super().__init__()
        self.asked = heading
        self.params = tuple(params)
        self.before = {param.name: typed_of(before.get(param.name, param.default)) for param in params}
        self.given = frozenset(before)
        self.choices = choices
        self.go = go
        self.edits = edits
        self.note = note
        self.send = send
        self.sending = False
        self.waiting: dict[str, str] | None = None
        """What was typed when the values were to be sent while a list was still read: they are when it is there."""
        self.entries = entries
        self.caution = caution
        self.price = price

    @property
    def heading(self) -> str:
        return self.asked

    def clouds(self) -> tuple[str, ...]:
        """Return the entries whose things are changed by what is typed here."""
        return self.entries

    def body(self) -> ComposeResult:
        width = max(len(label_of(param)) for param in self.params) + 1
        if self.caution:
            yield Static(self.caution.target, classes="target", markup=False)
        with VerticalScroll(can_focus=False, classes="fields"):
            for param in self.params:
                need = "" if param.required else " (optional)"
                hint = f"{param.help}{need}".strip()
                yield FormField(param.name, label_of(param), self._control(param), hint=hint, label_width=width)
        if self.caution or self.note:
            told, look = (self.caution.words, "caution") if self.caution else (self.note, "note")
            yield Static(told, classes=look, markup=False)
        yield PriceLine()
        yield Static("", id="answer", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            look = "-disruptive" if self.caution else ""
            yield Button(Content(self.caution.go if self.caution else self.go), id="go", compact=True, classes=look)

    def _control(self, param: Param) -> Widget:
        name, before = f"param-{param.name}", self.before[param.name]
        if picked(param):
            opens = len(self.params) == 1 and param.required
            return LoadedField(param, self.choices, before=before, opens=opens, id=name)
        if param.kind == FLAG:
            return FlagField(on=before == "yes", id=name)
        if param.kind == CHOICE:
            field = ChoiceField(label_of(param), nothing="choose", id=name)
            field.offer([Offered(each, each) for each in param.choices])
            field.choose((before,) if before else ())
            return field
        return Input(
            printable(before),
            id=name,
            compact=True,
            password=param.kind == "secret",
            restrict="[0-9]*" if param.kind == "int" else None,
            select_on_focus=False,
        )

    def on_mount(self) -> None:
        """Say nothing of an answer before there is one."""
        self.say("")
        self._show_price()
        if self.caution:
            self.query_one(".dialog-box").border_subtitle = "ctrl-s goes ahead, esc leaves"

    # what was typed
    def typed(self, param: Param) -> str:
        """Return the field as it stands."""
        field = self.query_one(f"#param-{param.name}")
        if isinstance(field, Input | ChoiceField | FlagField):
            return field.value
        raise TypeError(f"no field of a parameter: {field}")

    def problems(self) -> dict[str, str]:
        """Return what is wrong, a sentence by parameter; the empty name tells of the form as a whole."""
        found = {param.name: sentence for param in self.params if (sentence := self._problem(param))}
        if not found and self.edits and not self.values():
            found[""] = "nothing is changed yet"
        return found

    def _problem(self, param: Param) -> str:
        try:
            value = parsed(param, self.typed(param))
        except ValueError as wrong:
            return str(wrong)
        if not empty(value):
            return ""
        cleared = param.kind in ("words", "pairs") and param.name in self.given
        if param.required and not cleared:
            return f"{label_of(param)} is needed"
        if self.edits and param.name == "name" and self.before["name"]:
            return "a name cannot be taken away"
        return ""

    def values(self) -> dict[str, object]:
        """Return what is given: not empty or emptied on purpose; of a form that edits only what was changed."""
        values: dict[str, object] = {}
        for param in self.params:
            typed = self.typed(param)
            value, changed = parsed(param, typed), typed.strip() != self.before[param.name].strip()
            if changed if self.edits else (not empty(value) or (changed and param.name in self.given)):
                values[param.name] = value
        return values

    # keys and buttons
    @on(Input.Changed)
    @on(FlagField.Changed)
    def _changed(self) -> None:
        self._show(self.problems(), only_better=True)
        self._show_price()
        if self.waiting is not None and self.waiting != self._by_hand():
            self._wait(None)

    @on(ChoiceField.Changed)
    def _chosen(self, event: ChoiceField.Changed) -> None:
        self._show(self.problems(), only_better=True)
        self._show_price()
        if isinstance(event, LoadedField.Loaded):
            self._loaded(event.field)
            return
        self._wait(None)
        if event.field.id == f"param-{self.params[-1].name}":
            self._focus_buttons()
        else:
            self.focus_next()

    def _loaded(self, field: ChoiceField) -> None:
        if field.value and len(self.params) == 1:
            self._focus_buttons()
        if self.waiting is not None and not self._unread():
            self._wait(None)
            if self.is_current:  # else its list has opened and asks
                self.action_send()

    def _show_price(self) -> None:
        if self.price is not None:
            ready = not self.problems()
            self.query_one(PriceLine).tell(self.price(self.values()) if ready else Content(""))

    def _focus_buttons(self) -> None:
        # An enter too many must not be the answer to a caution.
        self.query_one("#cancel" if self.caution else "#go", Button).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        name, found = (event.input.id or "").removeprefix("param-"), self.problems()
        if not self.caution:
            self.action_send()
        elif name in found:
            self._show(found)
        elif name == self.params[-1].name:
            self._focus_buttons()
        else:
            self.focus_next()

    @on(Button.Pressed, "#go")
    def action_send(self) -> None:
        """Give the values, once, or say what is wrong; what needs a list that is still read is given when it is."""
        if self.sending:
            return
        found, unread = self.problems(), self._unread()
        wrong = {name: sentence for name, sentence in found.items() if name not in unread}
        if unread and not wrong:
            self._wait(self._by_hand())
        else:
            self._send_if_right(wrong)

    def _unread(self) -> frozenset[str]:
        """Return the parameters whose lists are still read, of those that are needed or chosen before."""
        reading = [field.param for field in self.query(LoadedField) if field.loading_choices]
        return frozenset(param.name for param in reading if param.required or self.before[param.name])

    def _by_hand(self) -> dict[str, str]:
        return {param.name: self.typed(param) for param in self.params if not picked(param)}

    def _wait(self, values: dict[str, str] | None) -> None:
        if values != self.waiting:
            self.waiting = values
            self.say("" if values is None else "still reading what there is; goes on when it is read, esc leaves")

    def _send_if_right(self, found: dict[str, str]) -> None:
        self._show(found)
        self.say(found.get("", ""), wrong=True)
        if found:
            self._focus_first(found)
        elif self.send is None:
            self.dismiss(self.values())
        else:
            self._send(self.send, self.values())

    @work(group="send", exclusive=True, exit_on_error=False)
    async def _send(self, send: Send, values: dict[str, object]) -> None:
        self.sending = True
        self.say("asking the cloud ...")
        try:
            reason = await send(values)
        finally:
            self.sending = False
        if reason:
            self.say(reason, wrong=True)
        else:
            self.dismiss(values)

    def say(self, words: str, *, wrong: bool = False) -> None:
        """Say how the request stands, below the fields."""
        line = self.query_one("#answer", Static)
        line.update(printable(words))
        line.display = bool(words)
        line.set_class(wrong, "-wrong")

    def _show(self, found: Mapping[str, str], *, only_better: bool = False) -> None:
        for field in self.query(FormField):
            name = (field.id or "").removeprefix("field-")
            if not only_better or field.has_class("-wrong"):
                field.tell(found.get(name, ""))

    def _focus_first(self, found: Mapping[str, str]) -> None:
        first = next((param.name for param in self.params if param.name in found), "")
        if first:
            self.query_one(f"#param-{first}").focus()

    @on(LoadedField.Left)
    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()
