"""`ActionBar`: the verbs on one VM as buttons with the gate's answers. It runs nothing, it tells what was pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from rich.text import Text
from textual.binding import Binding
from textual.events import Click, MouseMove
from textual.message import Message
from textual.widget import Widget

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.bar_verbs import bar_verbs, every_bar
from osvm_tui.ui.format import SIGNS

Judge = Callable[[str], Verdict]
"""The gate's answer for an action id, about the VM in question."""


class _Button(NamedTuple):
    spec: ActionSpec
    verdict: Verdict


class _Spot(NamedTuple):
    line: int
    start: int
    end: int


class ActionBar(Widget, can_focus=True):
    """Buttons on one or two lines and a line with the reason of the refused one under the cursor.

    With `steady` it is as high as the VM with the most buttons needs: going from one to the next moves nothing.

    A refused verb stays focusable and pressable: pressing it is how its reason is told.
    """

    COMPONENT_CLASSES = {
        "action-bar--button",
        "action-bar--refused",
        "action-bar--danger",
        "action-bar--cursor",
        "action-bar--reason",
    }
    BINDINGS = [
        Binding("left,h", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("enter", "press", show=False),
    ]

    class Pressed(Message):
        """A button was pressed, refused or not."""

        def __init__(self, action_id: str) -> None:
            super().__init__()
            self.action_id = action_id

    def __init__(self, *, glyphs: str = "unicode", steady: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._off = SIGNS[glyphs]["off"]
        self._vm: Vm | None = None
        self._buttons: tuple[_Button, ...] = ()
        self._spots: list[_Spot] = []
        self.at = 0
        self._reason = ""
        self._height = 0
        self._steady = steady

    def set_vm(self, vm: Vm | None, judge: Judge, verbs: Sequence[str] = ()) -> None:
        """Show `verbs`, without any those that the state of this VM chooses."""
        other = vm is None or self._vm is None or vm.ref != self._vm.ref
        self._vm = vm
        specs = [ACTIONS[each] for each in verbs] if verbs else bar_verbs(vm) if vm else ()
        buttons = () if vm is None else tuple(_Button(spec, judge(spec.id)) for spec in specs)
        other = other or [each.spec for each in buttons] != [each.spec for each in self._buttons]
        if buttons == self._buttons and not other:
            return
        self._buttons = buttons
        if other:
            self.at = 0
            self._reason = ""
        self.at = min(self.at, max(0, len(self._buttons) - 1))
        lines = self._lines(self.size.width)
        self.refresh(layout=lines != self._height)

    def show_reason(self, reason: str) -> None:
        """Show a sentence in the reason line until the cursor moves."""
        self._reason = reason
        self.refresh()

    @property
    def verbs(self) -> tuple[str, ...]:
        """The verbs that stand as buttons now."""
        return tuple(button.spec.id for button in self._buttons)

    def refused(self, action_id: str) -> bool:
        """Return whether this verb is shown as refused."""
        return any(button.spec.id == action_id and not button.verdict.allowed for button in self._buttons)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return the lines that the buttons need at this width, and one for the reason."""
        self._height = self._lines(width)
        return self._height

    def _lines(self, width: int) -> int:
        if not self._buttons:
            return 1
        own = _lay([each.spec for each in self._buttons], width)[-1].line
        return (max(own, _last_line(width)) if self._steady else own) + 2

    def render(self) -> Text:
        """Return buttons and reason."""
        self._spots = _lay([each.spec for each in self._buttons], self.size.width)
        lines = [Text(no_wrap=True) for _ in range(self._spots[-1].line + 1 if self._spots else 0)]
        for n, (button, spot) in enumerate(zip(self._buttons, self._spots, strict=True)):
            line = lines[spot.line]
            line.append(" " * (spot.start - line.cell_len))
            line.append(self._label(button), self._part(self._class(n, button)))
        lines.append(Text(self._sentence(), self._part("reason"), no_wrap=True, overflow="ellipsis"))
        return Text("\n").join(lines)

    def _label(self, button: _Button) -> str:
        if button.verdict.allowed:
            return f"( {button.spec.label} )"
        return f"({self._off}{button.spec.label}{self._off})"

    def _class(self, n: int, button: _Button) -> str:
        if self.has_focus and n == self.at:
            return "cursor"
        if not button.verdict.allowed:
            return "refused"
        return "danger" if button.spec.risk == "destructive" else "button"

    def _sentence(self) -> str:
        if self._reason or not self.has_focus or not self._buttons:
            return self._reason
        spec, verdict = self._buttons[self.at]
        note = f"; {spec.note}" if spec.note else ""
        return verdict.reason or f"{spec.help}{note}"

    def action_step(self, step: int) -> None:
        """Go to the next button or the one before."""
        if self._buttons:
            self.at = (self.at + step) % len(self._buttons)
            self._reason = ""
            self.refresh()

    def action_press(self) -> None:
        """Press the button under the cursor."""
        if self._buttons:
            self.post_message(self.Pressed(self._buttons[self.at].spec.id))

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor and its sentence."""
        self._reason = ""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Press the clicked button."""
        spot = self._spot_at(event.x, event.y)
        if spot is not None:
            self.at = spot
            self.action_press()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Tell what stands under the mouse."""
        spot = self._spot_at(event.x, event.y)
        self.tooltip = None if spot is None else (self._buttons[spot].verdict.reason or self._buttons[spot].spec.help)

    def _spot_at(self, x: int, y: int) -> int | None:
        return next((n for n, spot in enumerate(self._spots) if spot.line == y and spot.start <= x < spot.end), None)

    def _part(self, part: str) -> str:
        return self.get_component_rich_style(f"action-bar--{part}", partial=True)  # type: ignore[return-value]


def _lay(specs: Sequence[ActionSpec], width: int) -> list[_Spot]:
    """Return where the buttons of these verbs stand."""
    spots: list[_Spot] = []
    line = x = 0
    for spec in specs:
        length = len(spec.label) + 4
        if x and x + length > width:
            line, x = line + 1, 0
        spots.append(_Spot(line, x, x + length))
        x += length + 1
    return spots


@cache
def _last_line(width: int) -> int:
    """Return the last line of the buttons of the VM that has the most."""
    return max(_lay(specs, width)[-1].line for specs in every_bar())
