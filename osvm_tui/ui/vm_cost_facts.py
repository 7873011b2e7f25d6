"""The Cost tab's blocks: a pure reading of what a VM costs, has cost and would cost; knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from textual.content import Content

from osvm_tui.domain.burn import Burn, BurnLine, Change, burn_totals
from osvm_tui.domain.rates import UNITS, Component
from osvm_tui.domain.states import status_of
from osvm_tui.services.costs_api import Certainty, Line, RatesView, VmBill, VmCost
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import moment
from osvm_tui.ui.money_words import HOURLY, plain, signed, spent
from osvm_tui.ui.printable import printable

BLOCKS = ("rate", "this month", "what would change", "prices")

_WIDE = 11
_ALL = "in all"
_NAMES = {
    Component.FLAVOR: "flavor",
    Component.RAM: "memory",
    Component.DISK: "disk",
    Component.LICENSE: "license",
    Component.VOLUME: "volume",
    Component.FLOATING_IP: "floating IP",
}
_SURE = {Certainty.REBUILT: "rebuilt", Certainty.BOUNDED: "not seen"}
_REBUILT = "rebuilt: nobody looked; the launch time or the cloud's action log tells"


Row = tuple[str, str, str, str]
"""What, per hour, per month, and a note."""


def amounts(rows: Iterable[Row], currency: str) -> Content:
    """Return rows under a head that names the currency, numbers right-aligned, so that they read down."""
    shown = list(rows)
    wide = max([len(row[0]) for row in shown] + [8])
    head = f"{'':{wide}}{f'{currency}/h':>{_WIDE}}{f'{currency}/month':>{_WIDE}}"
    lines = [Content.styled(head, "$dim")]
    for what, hour, month, note in shown:
        numbers = f"{what:{wide}}{hour:>{_WIDE}}{month:>{_WIDE}}"
        style = "bold" if what == _ALL else ""
        lines.append(Content.assemble((numbers, style), (f"  {note}" if note else "", "$dim")))
    return Content("\n").join(lines)


def rate_block(cost: VmCost) -> Content:
    """Return the present rate by component, with what is attached and the whole."""
    if cost.own is None:
        return Content.styled(printable(cost.note) or "no rate", "$state-stale")
    own = cost.own
    rows = [_component(line) for line in own.lines]
    if cost.attached:
        rows.append(_row("the VM", own))
        rows += [_row(f"{_kind(each.burn)} {printable(each.name)}".strip(), each.burn) for each in cost.attached]
    for total in burn_totals([own, *(each.burn for each in cost.attached)]):
        rows.append((_ALL, plain(total.hourly, HOURLY), plain(total.monthly), ""))
    missing = [*own.unpriced, *(name for each in cost.attached for name in each.burn.unpriced)]
    block = amounts(rows, own.currency)
    if missing:
        told = f"not in it, no price: {', '.join(dict.fromkeys(missing))}"
        block = Content("\n").join([block, Content.styled(told, "$state-stale")])
    return block


def _component(line: BurnLine) -> Row:
    unit, name = UNITS[line.component], _NAMES.get(line.component, "")
    what = f"{_trim(line.quantity)} {unit} {name}" if unit != "VM" else f"{name} {printable(line.what)}"
    share = "" if line.share == 1 else f"{_trim(line.share * 100)} % of it in this state"
    monthly = line.price.monthly * line.quantity * line.share
    return what.strip(), plain(line.hourly, HOURLY), plain(monthly), share


def _kind(burn: Burn) -> str:
    return next((_NAMES.get(line.component, line.component.value) for line in burn.lines), "")


def _row(what: str, burn: Burn) -> Row:
    size = next((f"{_trim(line.quantity)} GB" for line in burn.lines if _sized(line)), "")
    return what, plain(burn.hourly, HOURLY), plain(burn.monthly), size if len(burn.lines) == 1 else ""


def _sized(line: BurnLine) -> bool:
    return UNITS[line.component] == "GB"


def _trim(value: Decimal) -> str:
    return f"{value.normalize():f}"


def bill_block(bill: VmBill, now: datetime, *, utc: bool) -> Content:
    """Return what was accrued since the month began, by state and by how it is known."""
    since = moment(bill.since, now, utc=utc).replace(" 00:00 UTC", " UTC")
    if not bill.sums:
        told = "; ".join(bill.notes) or f"nothing since {since}"
        return Content.styled(printable(told), "$dim")
    lines = [Content.assemble((spent(one), "bold"), (f"  since {since}", "$dim")) for one in bill.sums]
    lines += [Content(row) for row in _by_state(bill.lines)]
    if any(line.certainty is Certainty.REBUILT for line in bill.lines):
        lines.append(Content.styled(_REBUILT, "$dim"))
    lines += [Content.styled(printable(note), "$state-stale" if _bounded(bill) else "$dim") for note in bill.notes]
    return Content("\n").join(lines)


def _bounded(bill: VmBill) -> bool:
    return any(one.bounded for one in bill.sums)


def _by_state(lines: Sequence[Line]) -> list[str]:
    sums: dict[tuple[str, Certainty, str], tuple[Decimal, Decimal]] = {}
    for line in lines:
        status = status_of(line.vm_state, None) if line.vm_state not in ("", "unknown") else "unknown"
        key = (status, line.certainty, line.currency)
        least, most = sums.get(key, (Decimal(0), Decimal(0)))
        sums[key] = (least + line.amount, most + line.amount_max)
    told = []
    for (status, certainty, currency), (least, most) in sums.items():
        amount = plain(least) if least == most else f"{plain(least)} to {plain(most)}"
        told.append((status, f"{amount} {currency}", _SURE.get(certainty, "")))
    wide = max((len(row[0]) for row in told), default=0)
    right = max((len(row[1]) for row in told), default=0)
    return [f"{status:{wide}}  {amount:>{right}}  {note}".rstrip() for status, amount, note in told]


def change_block(changes: Iterable[tuple[str, Sequence[Change]]]) -> Content:
    """Return what verbs would change, a row each; a verb without rates is left out."""
    rows: list[Row] = []
    notes: dict[str, None] = {}
    currency = ""
    for verb, found in changes:
        for each in found:
            currency = each.currency
            none = not each.hourly and not each.monthly
            rows.append((verb, signed(each.hourly, HOURLY), signed(each.monthly), "no change" if none else ""))
            if each.note:
                notes[f"{verb}: {each.note}"] = None
    if not rows:
        return Content("")
    return Content("\n").join([amounts(rows, currency), *(Content.styled(printable(note), "$dim") for note in notes)])


def prices_block(view: RatesView, problems: Sequence[str], told_at: Callable[[datetime], str]) -> Content:
    """Return where the prices are from, since when and how states are billed, or why there are none."""
    wrong = Content.styled("\n".join(printable(each) for each in problems), "$state-wrong")
    note = Content.styled(printable(view.note), "$state-stale")
    valid = told_at(view.valid_from) if view.valid_from else ""
    rows = facts(
        (
            ("why none" if not view.card else "note", note),
            ("source", printable(view.source)),
            ("card", f"{printable(view.card)}, {view.currency}" if view.card else ""),
            ("since", valid),
            ("policy", printable(view.policy)),
            ("month", "730 hours" if view.card else ""),
            ("files", wrong),
        )
    )
    title = Content.styled(printable(view.policy_title), "$dim")
    return Content("\n").join([rows, title]) if view.policy_title else rows
