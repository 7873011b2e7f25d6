"""How amounts of money look: currency, fixed decimals, groups of three, sign apart. Pure; knows no price."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from osvm_tui.domain.burn import Burn, Change, Total
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.money import digits
from osvm_tui.services.costs_api import Sum, Uncounted

HOURLY = 4
"""Decimals of a rate per hour: small VMs cost less than a hundredth."""
MONTHLY = 2
"""Decimals of a rate per month and of every sum."""

KINDS_WORDS = {
    CatalogKind.VOLUME: "volumes",
    CatalogKind.VOLUME_SNAPSHOT: "snapshots",
    CatalogKind.IMAGE: "images",
    CatalogKind.FLOATING_IP: "floating IPs",
}
"""How everything beside VMs is called that is paid for."""


def plain(value: Decimal, places: int = MONTHLY) -> str:
    """Return a number as the words of services write it: `1 234.50`."""
    return digits(value, places)


def money(value: Decimal, currency: str, places: int = MONTHLY) -> str:
    """Return an amount: `1 234.50 EUR`."""
    return f"{plain(value, places)} {currency}"


def signed(value: Decimal, places: int = MONTHLY) -> str:
    """Return a difference: `- 87.60`, `+ 0.12`; nothing has no sign."""
    text = plain(abs(value), places)
    if not any(digit in "123456789" for digit in text):
        return text
    return f"{'-' if value < 0 else '+'} {text}"


def rates(hourly: Decimal, monthly: Decimal, currency: str) -> str:
    """Return a rate per hour and month: `0.0180 EUR/h, 13.14 EUR/month`."""
    return f"{plain(hourly, HOURLY)} {currency}/h, {plain(monthly)} {currency}/month"


def burn_words(burn: Burn | None) -> str:
    """Return what a VM costs in few words: `13.14 EUR/month (0.0180/h)`; empty where it has no rate."""
    if burn is None:
        return ""
    least = "" if burn.complete else "at least "
    return f"{least}{plain(burn.monthly)} {burn.currency}/month ({plain(burn.hourly, HOURLY)}/h)"


def burning(totals: Iterable[Total], *, more: bool = False) -> str:
    """Return what everything costs an hour, one a currency: `41.20 EUR/h`; `more`: not all of it is counted."""
    sign = "+" if more else ""
    return "  ".join(f"{plain(total.hourly)}{sign} {total.currency}/h" for total in totals)


def not_counted(uncounted: Iterable[Uncounted]) -> list[str]:
    """Return which catalogs are not in a total and why: `volumes, floating IPs of prod: not read yet`."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for one in uncounted:
        by_reason.setdefault((one.entry, one.why or "not read yet"), []).append(KINDS_WORDS[one.kind])
    return [f"{', '.join(kinds)} of {entry}: {why}" for (entry, why), kinds in by_reason.items()]


def spent(one: Sum) -> str:
    """Return what was accrued; the least and the most of what was not seen: `between 1.20 EUR and 2.40 EUR`."""
    least, most = money(one.amount, one.currency), money(one.amount_max, one.currency)
    return f"between {least} and {most}" if one.bounded and least != most else least


def change_words(changes: Sequence[Change]) -> str:
    """Return what an action changes: `- 0.1200 EUR/h, - 87.60 EUR/month`, one a currency; empty without rates."""
    return "; ".join(_change(each) for each in changes)


def _change(change: Change) -> str:
    if not change.known:
        return "not known"
    if not change.hourly and not change.monthly:
        return f"no change: {rates(change.after_hourly, change.after_hourly * 730, change.currency)}"
    hour, month = signed(change.hourly, HOURLY), signed(change.monthly)
    most = "at most " if change.at_most else ""
    return f"{most}{hour} {change.currency}/h, {month} {change.currency}/month"
