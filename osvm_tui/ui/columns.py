"""Columns of tables: what one is, which fit a width, and what drawing a VM needs. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import OperationItem
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.vm_fields import Names
from osvm_tui.services.api import Stuck
from osvm_tui.ui.cloud_look import Hue, Wear
from osvm_tui.ui.format import SPIN, Token, age, state_mark

T = TypeVar("T")
GUTTER = 3
"""Characters before the first column: a blank, cursor or mark, a blank."""
GAP = 2
"""Blanks between two columns."""
_LEAST = 8
"""A column that always stays is cut to this before another that always stays is left out."""
_DAILY = 5
"""Columns of a higher priority number, like empty ones, leave before another is cut short of what it wants."""
_NOTHING: Mapping[str, int] = MappingProxyType({})


class Cell(NamedTuple):
    """A cell's text and the colour it is drawn in."""

    text: str
    token: Token | Hue = Token.PLAIN


class Column(NamedTuple, Generic[T]):
    """One column of a table over rows of type T. `priority` 0 always stays; the highest number leaves first."""

    key: str
    title: str
    width: int
    cell: Callable[[T], Cell]
    sort: Callable[[T], Any] | None = None
    priority: int = 0
    right: bool = False
    wide: bool = False
    """Shown only when all columns are asked for."""
    grow: int = 0
    """Share of the width that is left over."""
    flash: bool = True
    """Whether a change of its text is worth a flash; ages are not."""
    raw: Callable[[T], object] | None = None
    """The value as it is saved to a file; without one the number or moment it is sorted by, else the cell's text."""


class Placed(NamedTuple, Generic[T]):
    """A column with the width it got."""

    column: Column[T]
    width: int


def fit(
    columns: Sequence[Column[T]],
    width: int,
    *,
    wide: bool = False,
    skip: int = 0,
    wanted: Mapping[str, int] = _NOTHING,
    empty: Collection[str] = (),
) -> tuple[Placed[T], ...]:
    """Return the columns shown in `width` characters.

    Narrow: by priority, the whole set must fit. Wide: all in their order, the first fixed, `skip` of the others
    scrolled away, as many as fit. `wanted` are widths beyond which a column holds only blanks; columns that are `empty`
    in every row, and those not looked at daily, leave before another is cut short of it. Left over width goes to the
    columns that grow; where even those that always stay are too many, these are cut.
    """
    shown = _scrolled(columns, width, skip) if wide else _by_priority(columns, width, wanted, empty)
    if not wide:
        shown = _squeezed(shown, width - 1)
    rest = width - 1 - _needed(shown)
    widths = {column.key: column.width for column in shown}
    missing = {column.key: max(0, wanted.get(column.key, 0) - column.width) for column in shown}
    for key in sorted(missing, key=lambda key: missing[key]):
        if rest < missing[key]:
            rest += _blanks(shown, widths, wanted, missing[key] - max(0, rest))
        extra = min(max(0, rest), missing[key])
        widths[key] += extra
        rest -= extra
    return _grown([Placed(column, widths[column.key]) for column in shown], rest)


def _blanks(shown: Sequence[Column[T]], widths: dict[str, int], wanted: Mapping[str, int], needed: int) -> int:
    """Take up to `needed` characters from columns that are wider than they want; return how many were got."""
    got = 0
    for column in shown:
        least = max(wanted.get(column.key, column.width), len(column.title) + 2)
        spare = min(needed - got, max(0, widths[column.key] - least)) if wanted.get(column.key) else 0
        widths[column.key] -= spare
        got += spare
    return got


def _squeezed(columns: Sequence[Column[T]], room: int) -> list[Column[T]]:
    """Return the columns so narrow, and at last so few, that they fit; only the first stays whatever happens."""
    shown = list(columns)
    while len(shown) > 1 and _needed(shown) > room:
        soft = [at for at, column in enumerate(shown) if column.grow and column.width > _LEAST]
        if soft:
            widest = max(soft, key=lambda at: shown[at].width)
            shown[widest] = shown[widest]._replace(width=shown[widest].width - 1)
        else:
            shown.pop()
    return shown


def _grown(placed: Sequence[Placed[T]], rest: int) -> tuple[Placed[T], ...]:
    shares = sum(column.grow for column, _ in placed)
    grown = []
    for column, width in placed:
        extra = rest * column.grow // shares if rest > 0 and shares else 0
        rest, shares = rest - extra, shares - column.grow
        grown.append(Placed(column, max(1, width + extra)))
    return tuple(grown)


def _needed(columns: Sequence[Column[T]]) -> int:
    return GUTTER + sum(column.width + GAP for column in columns) - GAP


def _by_priority(
    columns: Sequence[Column[T]], width: int, wanted: Mapping[str, int], empty: Collection[str]
) -> list[Column[T]]:
    shown = [column for column in columns if not column.wide]
    while len(shown) > 1 and _needed(shown) > width - 1:
        last = max(shown, key=lambda column: (column.priority > 0 and column.key in empty, column.priority))
        if last.priority == 0:
            break
        shown.remove(last)
    while _needed(shown) + sum(max(0, wanted.get(each.key, 0) - each.width) for each in shown) > width - 1:
        spare = [c for c in shown if c.priority > _DAILY or (c.priority and c.key in empty)]
        if not spare:
            break
        shown.remove(max(spare, key=lambda column: (column.key in empty, column.priority)))
    return shown


def _scrolled(columns: Sequence[Column[T]], width: int, skip: int) -> list[Column[T]]:
    first, others = columns[0], columns[1 + skip :]
    shown, room = [first], width - GUTTER - first.width
    for column in others:
        room -= column.width + GAP
        if room < 0:
            break
        shown.append(column)
    return shown


class Look:
    """What drawing a VM needs beside the VM: the moment, pending operations, names, its cloud's look."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        pending: Callable[[VmRef], OperationItem | None],
        names: Names,
        glyphs: str = "unicode",
        spins: bool = False,
        wear: Callable[[VmRef], Wear | None] = lambda _: None,
        stuck: Callable[[VmRef], Stuck | None] = lambda _: None,
    ) -> None:
        self.now = now
        self.pending = pending
        self.names = names
        self.glyphs = glyphs
        self.spins = spins
        self.wear = wear
        """How the cloud of a VM looks; None for a VM of no open cloud."""
        self.stuck = stuck
        """How a VM is stuck, None for one that is not."""
        self.task_shown = True
        """Whether the TASK column is on screen; if not, the status tells the task."""

    def age(self, at: datetime | None) -> str:
        """Return the age of a moment, `-` when it is unknown."""
        return "-" if at is None else age((self.now() - at).total_seconds())

    def glyph(self, vm: Vm) -> str:
        """Return the glyph of a VM's state; a busy one turns with the seconds."""
        mark = state_mark(vm, self.glyphs)
        if mark.token is not Token.CHANGING or not self.spins or not vm.busy:
            return mark.glyph
        turns = SPIN[self.glyphs]
        return turns[int(self.now().timestamp()) % len(turns)]


def expected(item: OperationItem | None) -> str:
    """Return the status an open operation is expected to end in, `gone` for a deletion, empty without one."""
    if item is None:
        return ""
    expect = action_of(item.action_id).expect
    if expect.gone:
        return "gone"
    if expect.locked is not None:
        return "locked" if expect.locked else "unlocked"
    wanted = [item.before if state == "*same" else state for state in expect.vm_states]
    if "shelved_offloaded" in wanted:
        return status_of("shelved_offloaded", None)
    return status_of(min(wanted), None) if wanted else ""
