"""The blocks of the cost place: now, this month, budgets, prices, and the curve of the last days. Pure; no widget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from textual.content import Content

from osvm_tui.domain.money import ZERO
from osvm_tui.services.costs_api import BudgetView, BurnTotals, Day, Forecast, MonthView, RatesView
from osvm_tui.ui.bars import bar
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import count
from osvm_tui.ui.money_words import HOURLY, KINDS_WORDS, money, not_counted, plain
from osvm_tui.ui.plot import Slot
from osvm_tui.ui.printable import printable
from osvm_tui.ui.vm_cost_facts import amounts
from osvm_tui.ui.widgets.chart import Curve

BLOCKS = ("now", "this month", "budgets", "prices")
DAY_S = 86_400.0
_BAR = 24


def now_block(burn: BurnTotals) -> Content:
    """Return what everything in sight costs now, and what is not in it."""
    if not burn.totals:
        return Content.styled(_nothing(burn), "$state-stale" if burn.vms else "$dim")
    all_of_it = "in all" if burn.complete else "at least"
    tables = [amounts([(all_of_it, plain(t.hourly, HOURLY), plain(t.monthly), "")], t.currency) for t in burn.totals]
    lines = [*tables, Content.styled(_counted(burn), "$dim")]
    if burn.unpriced_vms:
        lines.append(Content.styled(f"{count(burn.unpriced_vms)} VMs have no price: not in it", "$state-stale"))
    if burn.unpriced:
        names = printable(", ".join(burn.unpriced))
        lines.append(Content.styled(f"not in it, no price: {names}", "$state-stale"))
    lines += [Content.styled(f"not in it: {printable(each)}", "$state-stale") for each in not_counted(burn.uncounted)]
    return Content("\n").join(lines)


def _counted(burn: BurnTotals) -> str:
    missing = {one.kind for one in burn.uncounted}
    beside = [word for kind, word in KINDS_WORDS.items() if kind not in missing]
    return f"{count(burn.vms)} VMs" + (f", with {', '.join(beside)}" if beside else " alone")


def _nothing(burn: BurnTotals) -> str:
    return f"none of {count(burn.vms)} VMs has a price" if burn.vms else "nothing costs anything yet"


def month_block(month: MonthView, now: datetime) -> Content:
    """Return what was accrued and is expected of the month, how that was made, and what is not in it."""
    lines = [line for forecast in month.forecasts for line in _forecast(forecast, now)]
    lines += [Content.styled(printable(note), "$state-stale") for note in month.notes]
    return Content("\n").join(lines) if lines else Content.styled("nothing was accrued yet", "$dim")


def _forecast(one: Forecast, now: datetime) -> list[Content]:
    least, most = money(one.accrued, one.currency), money(one.accrued_max, one.currency)
    so_far = least if least == most else f"between {least} and {most}"
    gone = Decimal((now - one.since) / (one.until - one.since) * 100)
    rows = facts(
        (
            ("to date", Content.styled(so_far, "bold")),
            ("forecast", Content.styled(money(one.expected, one.currency), "bold")),
            ("band", f"{plain(one.low)} to {money(one.high, one.currency)}"),
            ("month", f"{gone:.0f} % gone, ends {one.until - timedelta(days=1):%Y-%m-%d} UTC"),
        )
    )
    return [rows, Content.styled(printable(one.made), "$dim")]


def budget_block(budgets: Iterable[BudgetView], glyphs: str) -> Content:
    """Return a bar for each budget with its alert; the far end of the bar is the limit."""
    return Content("\n").join(line for each in budgets for line in _budget(each, glyphs))


def _budget(each: BudgetView, glyphs: str) -> list[Content]:
    colour = "$state-wrong" if each.over else "$state-stale" if each.alert else "$accent"
    scope = ", ".join(filter(None, (each.entry, each.project and f"project {each.project}"))) or "everything"
    head = Content.assemble((printable(each.name), "bold"), (f"  {printable(scope)}", "$dim"))
    drawn = ("".join(bar(each.accrued / each.limit if each.limit else ZERO, _BAR, glyphs)), colour)
    amount = f" {each.reached:.0f} %  {plain(each.accrued)} of {money(each.limit, each.currency)}"
    expected = f"expected {money(each.expected, each.currency)}"
    alert = (f"  {each.alert}" if each.alert else "", colour)
    lines = [head, Content.assemble(drawn, amount), Content.assemble((expected, "$dim"), alert)]
    return [*lines, Content.styled(printable(each.note), "$state-stale")] if each.note else lines


def rates_block(views: Iterable[RatesView]) -> Content:
    """Return by which prices each cloud is counted, or why it is not."""
    return Content("\n").join(line for view in views for line in _rates(view))


def _rates(view: RatesView) -> list[Content]:
    entry = (f"{printable(view.entry)}  ", "bold")
    if not view.card:
        return [Content.assemble(entry, (printable(view.note), "$state-stale"))]
    since = f", since {view.valid_from:%Y-%m-%d}" if view.valid_from else ""
    policy = f"{printable(view.policy)}: {printable(view.policy_title)}"
    lines = [
        Content.assemble(entry, f"{printable(view.source or view.card)}, {view.currency}{since}"),
        Content.styled(policy, "$dim"),
    ]
    return [*lines, Content.styled(printable(view.note), "$state-stale")] if view.note else lines


def curves(days: Sequence[Day]) -> tuple[Curve, ...]:
    """Return a curve for each currency: what the days came to, and behind it what they may have come to at most."""
    currencies = sorted({one.currency for day in days for one in day.sums})
    return tuple(_curve(days, currency) for currency in currencies)


def _curve(days: Sequence[Day], currency: str) -> Curve:
    sums = [(day, next((one for one in day.sums if one.currency == currency), None)) for day in days]
    slots = tuple(
        Slot(_at(day), float(one.amount if one else ZERO), float(one.amount_max if one else ZERO)) for day, one in sums
    )
    bounded = any(one is not None and one.bounded for _, one in sums)
    note = "the last is today so far" + ("; pale: at most, where nobody looked" if bounded else "")
    return Curve(
        title=f"{currency} a day",
        slots=slots,
        step_s=DAY_S,
        since=_at(days[0]),
        until=_at(days[-1]) + DAY_S,
        words=lambda value: plain(Decimal(value), 2 if value < 1000 else 0),
        moment=lambda at: f"{datetime.fromtimestamp(at, UTC):%m-%d}",
        least=0.01,
        note=note,
    )


def _at(day: Day) -> float:
    return datetime.combine(day.day, time(), UTC).timestamp()
