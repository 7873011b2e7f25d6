"""Columns of tables: what one is, which fit a width, and the fleet's own. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.operations import OperationItem
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.vm_fields import Names
from osvm_tui.ui.format import SIGNS, SPIN, Token, age, mib, state_mark

T = TypeVar("T")
GUTTER = 3
"""Characters before the first column: a blank, cursor or mark, a blank."""
GAP = 2
"""Blanks between two columns."""


class Cell(NamedTuple):
    """A cell's text and the colour it is drawn in."""

    text: str
    token: Token = Token.PLAIN


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


class Placed(NamedTuple, Generic[T]):
    """A column with the width it got."""

    column: Column[T]
    width: int


def fit(columns: Sequence[Column[T]], width: int, *, wide: bool = False, skip: int = 0) -> tuple[Placed[T], ...]:
    """Return the columns shown in `width` characters.

    Narrow: by priority, the whole set must fit. Wide: all in their order, the first fixed, `skip` of the others
    scrolled away, as many as fit. Left over width goes to the columns that grow.
    """
    shown = _scrolled(columns, width, skip) if wide else _by_priority(columns, width)
    rest = width - 1 - GUTTER - sum(column.width + GAP for column in shown) + GAP
    shares = sum(column.grow for column in shown)
    placed = []
    for column in shown:
        extra = rest * column.grow // shares if rest > 0 and shares else 0
        rest, shares = rest - extra, shares - column.grow
        placed.append(Placed(column, max(1, column.width + extra)))
    return tuple(placed)


def _by_priority(columns: Sequence[Column[T]], width: int) -> list[Column[T]]:
    shown = [column for column in columns if not column.wide]
    while len(shown) > 1 and GUTTER + sum(column.width + GAP for column in shown) - GAP > width - 1:
        last = max(shown, key=lambda column: column.priority)
        if last.priority == 0:
            break
        shown.remove(last)
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
    """What drawing a VM needs beside the VM: the moment, pending operations, names, stale endpoints."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        pending: Callable[[VmRef], OperationItem | None],
        names: Names,
        glyphs: str = "unicode",
        spins: bool = False,
    ) -> None:
        self.now = now
        self.pending = pending
        self.names = names
        self.glyphs = glyphs
        self.spins = spins
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
    expect = ACTIONS[item.action_id].expect
    if expect.gone:
        return "gone"
    if expect.locked is not None:
        return "locked" if expect.locked else "unlocked"
    wanted = [item.before if state == "*same" else state for state in expect.vm_states]
    if "shelved_offloaded" in wanted:
        return status_of("shelved_offloaded", None)
    return status_of(min(wanted), None) if wanted else ""


def fleet_columns(look: Look) -> tuple[Column[Vm], ...]:
    """Return the fleet's columns, drawn as `look` says."""

    def status(vm: Vm) -> Cell:
        mark = state_mark(vm, look.glyphs)
        text = f"{look.glyph(vm)} {mark.word}"
        if not look.task_shown and (vm.task_state or vm.locked):
            text += f" {vm.task_state or 'locked'}"
        coming = expected(look.pending(vm.ref))
        return Cell(f"{text} {SIGNS[look.glyphs]['to']} {coming}" if coming else text, mark.token)

    def task(vm: Vm) -> Cell:
        if vm.task_state:
            return Cell(vm.task_state, Token.CHANGING)
        return Cell("locked", Token.STALE) if vm.locked else _NONE

    def plain(read: Callable[[Vm], str], token: Token = Token.PLAIN) -> Callable[[Vm], Cell]:
        return lambda vm: Cell(text, token) if (text := read(vm)) else _NONE

    names = look.names
    dim = Token.DIM
    return (
        Column("name", "NAME", 18, lambda vm: Cell(vm.name), _name_key, grow=3),
        Column("status", "STATUS", 19, status, status_key, grow=2),
        Column("task", "TASK", 16, task, lambda vm: (vm.task_state or "~"), 3, grow=1),
        Column("ip", "IP", 15, plain(lambda vm: vm.fixed_ip), lambda vm: _ip_key(vm.fixed_ip), 1),
        Column("floating", "FLOATING", 15, plain(lambda vm: vm.floating_ip), lambda vm: _ip_key(vm.floating_ip), 4),
        Column("flavor", "FLAVOR", 10, plain(lambda vm: vm.flavor.name if vm.flavor else ""), _flavor_key, 5, grow=1),
        Column("vcpu", "VCPU", 4, plain(_vcpu), _vcpu_key, 7, right=True),
        Column("ram", "RAM", 7, plain(_ram), _ram_key, 6, right=True),
        Column("image", "IMAGE", 14, plain(names.image, dim), names.image, 9, grow=1),
        Column("project", "PROJECT", 10, plain(names.project, dim), names.project, 10, grow=1),
        Column("host", "HOST", 12, plain(lambda vm: vm.host, dim), lambda vm: vm.host, 8, grow=1),
        Column("az", "AZ", 8, plain(lambda vm: vm.availability_zone, dim), lambda vm: vm.availability_zone, 12),
        Column("key", "KEY", 10, plain(lambda vm: vm.key_name, dim), lambda vm: vm.key_name, 13),
        Column("tags", "TAGS", 12, plain(lambda vm: ",".join(vm.tags), dim), lambda vm: vm.tags, 11, grow=1),
        Column("id", "ID", 8, lambda vm: Cell(vm.id[:8], dim), lambda vm: vm.id, 14),
        Column("age", "AGE", 5, lambda vm: Cell(look.age(vm.created_at), dim), _born_key, 2, right=True, flash=False),
    )  # fmt: skip


_NONE = Cell("-", Token.DIM)
_TROUBLE = {"ERROR": 0, "UNKNOWN": 1, "BUILD": 3, "ACTIVE": 5}


def status_key(vm: Vm) -> tuple[int, str]:
    """Return the order of statuses: trouble first, then what is busy, what is unusual, what runs, what is off."""
    rank = _TROUBLE.get(vm.status, 2 if vm.busy else 4)
    return (6 if vm.status == "SHUTOFF" and not vm.busy else rank, vm.status)


def _name_key(vm: Vm) -> str:
    return vm.name.casefold()


def _born_key(vm: Vm) -> float:
    return vm.created_at.timestamp() if vm.created_at else 0.0


def _ip_key(addr: str) -> tuple[int, str]:
    if not addr:
        return (2, "")
    if "." in addr:
        return (0, "".join(part.zfill(3) for part in addr.split(".")))
    return (1, addr)


def _vcpu(vm: Vm) -> str:
    return str(vm.flavor.vcpus) if vm.flavor else ""


def _ram(vm: Vm) -> str:
    return mib(vm.flavor.memory_mib) if vm.flavor else ""


def _vcpu_key(vm: Vm) -> int:
    return vm.flavor.vcpus if vm.flavor else 0


def _ram_key(vm: Vm) -> int:
    return vm.flavor.memory_mib if vm.flavor else 0


def _flavor_key(vm: Vm) -> str:
    return vm.flavor.name if vm.flavor else ""
