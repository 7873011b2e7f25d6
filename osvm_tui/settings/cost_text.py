"""`read_cost_text`: a TOML text with rate cards, policies and budgets as values, every mistake with line and key.

`[[card]]` with `[[card.version]]` and in it `[card.version.hourly]` and `[card.version.monthly]`; `[policy.NAME]` with
`[policy.NAME.STATE]`; `[[budget]]`. Numbers are read as decimals, never as floats. Knows no file names of the house.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from osvm_tui.domain.billing import PRESETS, VM_STATES, BillingPolicy, Shares, own_policy
from osvm_tui.domain.cost_book import Budget
from osvm_tui.domain.rates import COMPUTE, Component, Named, Per, Price, PriceList, RateCard
from osvm_tui.settings.lines import Path, line_of

PRICES: dict[str, tuple[Component, bool]] = {
    "flavor": (Component.FLAVOR, True),
    "vcpu": (Component.VCPU, False),
    "ram_gib": (Component.RAM, False),
    "disk_gb": (Component.DISK, False),
    "volume_gb": (Component.VOLUME, True),
    "image_gb": (Component.IMAGE, False),
    "snapshot_gb": (Component.SNAPSHOT, False),
    "floating_ip": (Component.FLOATING_IP, False),
    "license": (Component.LICENSE, True),
}
"""Keys of a price table: the component, and whether it may be a table by name."""
_NAMED_ONLY = ("flavor", "license")
_SHARES: dict[str, tuple[Component, ...]] = {
    "compute": COMPUTE,
    "flavor": (Component.FLAVOR,),
    "vcpu": (Component.VCPU,),
    "ram": (Component.RAM,),
    "disk": (Component.DISK,),
    "license": (Component.LICENSE,),
}
_CARD = ("name", "currency", "clouds", "regions", "policy", "source", "version")
_BUDGET = ("name", "amount", "currency", "cloud", "project", "month", "alerts")


class Mistake(Struct, frozen=True):
    """One thing that is wrong: the line, the key, and in words what was expected and what stands there."""

    line: int
    key: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.key}: {self.text}" if self.key else f"line {self.line}: {self.text}"


class Place(Struct, frozen=True):
    """Where a text names something that other files may have a say in."""

    name: str
    line: int
    key: str


class CostText(Struct, frozen=True):
    """What a text says, as far as it can be read, and its mistakes in the order of their lines."""

    cards: tuple[RateCard, ...] = ()
    policies: tuple[BillingPolicy, ...] = ()
    budgets: tuple[Budget, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    gives: tuple[Place, ...] = ()
    """Its policies."""
    uses: tuple[Place, ...] = ()
    """The policies that its cards name and that are neither built in nor its own."""


def read_cost_text(text: str) -> CostText:
    """Read a whole text; never raises."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"at line (\d+)", str(error))
        line = int(told[1]) if told else len(text.splitlines()) or 1
        return CostText(mistakes=(Mistake(line, "", f"not valid TOML: {error}"),))
    reader = _Reader(text)
    reader.known(data, ("card", "policy", "budget"), ())
    tables = reader.table(data, "policy", ())
    policies = tuple(_policies(reader, tables))
    cards = tuple(_unique(reader, "card", reader.tables(data, "card", ()), _card))
    budgets = tuple(_unique(reader, "budget", reader.tables(data, "budget", ()), _budget))
    gives = tuple(reader.place(each.name, ("policy", each.name)) for each in policies)
    known = PRESETS.keys() | tables.keys()
    uses = tuple(each for each in reader.policies if each.name not in known)
    return CostText(cards, policies, budgets, reader.told(), gives, uses)


class _Reader:
    """Takes values out of parsed TOML and notes what is wrong with them, each with its line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._mistakes: list[Mistake] = []
        self._misspelt: set[str] = set()
        self.policies: list[Place] = []
        """Every policy that a card names."""

    def told(self) -> tuple[Mistake, ...]:
        """Return the mistakes by line; what only lacks because it is misspelt is told once."""
        found = [each for each in self._mistakes if each.key not in self._misspelt]
        return tuple(sorted(found, key=lambda each: each.line))

    def place(self, name: str, path: Path) -> Place:
        return Place(name, line_of(self._text, path), _dotted(path))

    def wrong(self, path: Path, text: str) -> None:
        self._mistakes.append(Mistake(line_of(self._text, path), _dotted(path), text))

    def known(self, table: dict[str, Any], keys: tuple[str, ...], at: Path) -> None:
        for key in table:
            if key not in keys:
                near = get_close_matches(key, [each for each in keys if each not in table], n=1)
                self._misspelt.update(_dotted((*at, found)) for found in near)
                hint = "".join(f"; did you mean {found}?" for found in near)
                self.wrong((*at, key), f"unknown key, expected one of {', '.join(keys)}{hint}")

    def table(self, table: dict[str, Any], key: str, at: Path) -> dict[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.wrong((*at, key), f"expected a table, got {value!r}")
        return {}

    def tables(self, table: dict[str, Any], key: str, at: Path) -> list[dict[str, Any]]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            return value
        self.wrong((*at, key), f"expected [[{key}]] tables, got {_shown(value)}")
        return []

    def text(self, table: dict[str, Any], key: str, at: Path, *, needed: bool = False) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            self.wrong((*at, key), f"expected a text, got {_shown(value)}")
            return ""
        if needed and not value.strip():
            self.wrong((*at, key), "expected a text, it is missing" if key not in table else "expected a text")
        return value.strip()

    def texts(self, table: dict[str, Any], key: str, at: Path) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self.wrong((*at, key), f"expected a list of texts, got {_shown(value)}")
        return ()

    def number(self, value: object, path: Path, expected: str, *, most: int | None = None) -> Decimal | None:
        """Return a finite number of 0 or more, written as a number or as a text of one."""
        found: Decimal | None = None
        if isinstance(value, int | str | Decimal) and not isinstance(value, bool):
            try:
                found = Decimal(value)
            except InvalidOperation:
                found = None
        if found is None or not found.is_finite() or found < 0 or (most is not None and found > most):
            self.wrong(path, f"expected {expected}, got {_shown(value)}")
            return None
        return found

    def currency(self, table: dict[str, Any], at: Path) -> str:
        value = self.text(table, "currency", at)
        if not re.fullmatch(r"[A-Z]{3}", value):
            self.wrong((*at, "currency"), f"expected three capital letters like EUR, got {value!r}")
        return value

    def moment(self, table: dict[str, Any], key: str, at: Path) -> datetime | None:
        value = table.get(key)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
        self.wrong((*at, key), f"expected a date like 2026-01-01, got {_shown(value)}")
        return None


def _dotted(path: Path) -> str:
    return ".".join(part if isinstance(part, str) else f"{part + 1}" for part in path)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    return str(value) if isinstance(value, Decimal) else repr(value)


def _unique(reader: _Reader, kind: str, tables: list[dict[str, Any]], read: Any) -> Iterator[Any]:
    names: set[str] = set()
    for number, table in enumerate(tables):
        found = read(reader, table, (kind, number))
        if found is not None and found.name in names:
            reader.wrong((kind, number, "name"), f"expected a name of its own, {found.name!r} is there twice")
        elif found is not None:
            names.add(found.name)
            yield found


def _card(reader: _Reader, table: dict[str, Any], at: Path) -> RateCard | None:
    reader.known(table, _CARD, at)
    name = reader.text(table, "name", at, needed=True)
    currency = reader.currency(table, at)
    versions: dict[datetime, PriceList] = {}
    found = reader.tables(table, "version", at)
    for number, each in enumerate(found):
        version = _version(reader, each, (*at, "version", number))
        if version is not None and version.since in versions:
            reader.wrong((*at, "version", number, "from"), "expected a date of its own, two versions begin then")
        elif version is not None:
            versions[version.since] = version
    if not found:
        reader.wrong(at, "expected at least one [[card.version]] with prices")
    clouds, regions = reader.texts(table, "clouds", at), reader.texts(table, "regions", at)
    policy, source = reader.text(table, "policy", at), reader.text(table, "source", at)
    if policy:
        reader.policies.append(reader.place(policy, (*at, "policy")))
    if not name or not versions:
        return None
    ordered = tuple(versions[since] for since in sorted(versions))
    return RateCard(
        name=name, currency=currency, versions=ordered, clouds=clouds, regions=regions, policy=policy, source=source
    )


def _version(reader: _Reader, table: dict[str, Any], at: Path) -> PriceList | None:
    reader.known(table, ("from", "hourly", "monthly"), at)
    since = reader.moment(table, "from", at)
    prices: dict[Component, tuple[Named, ...]] = {}
    for key, per in (("hourly", Per.HOUR), ("monthly", Per.MONTH)):
        named = reader.table(table, key, at)
        reader.known(named, tuple(PRICES), (*at, key))
        for name in named:
            if name in PRICES:
                _prices(reader, named[name], name, per, (*at, key, name), prices)
    if not table.get("hourly") and not table.get("monthly"):
        reader.wrong(at, "expected prices in [card.version.hourly] or [card.version.monthly]")
    return PriceList(since, prices) if since is not None else None


def _prices(
    reader: _Reader, value: object, key: str, per: Per, at: Path, prices: dict[Component, tuple[Named, ...]]
) -> None:
    component, by_name = PRICES[key]
    if isinstance(value, dict) and by_name:
        pairs = [(name, reader.number(each, (*at, name), "a price of 0 or more")) for name, each in value.items()]
    elif key in _NAMED_ONLY or isinstance(value, dict):
        wanted = 'a table of prices by name, like { "m1.small" = 0.02 }' if by_name else "a price of 0 or more"
        return reader.wrong(at, f"expected {wanted}, got {_shown(value)}")
    else:
        pairs = [("*", reader.number(value, at, "a price of 0 or more"))]
    held = prices.get(component, ())
    twice = {named.name for named in held} & {name for name, _ in pairs}
    if twice:
        return reader.wrong(at, f"expected one price, {sorted(twice)[0]!r} has an hourly and a monthly one")
    prices[component] = held + tuple(Named(name, Price(price, per)) for name, price in pairs if price is not None)


def _policies(reader: _Reader, tables: dict[str, Any]) -> Iterator[BillingPolicy]:
    own: dict[str, BillingPolicy] = {}
    for name, table in tables.items():
        at: Path = ("policy", name)
        if not isinstance(table, dict):
            reader.wrong(at, f"expected a table, got {_shown(table)}")
            continue
        if name in PRESETS:
            reader.wrong(at, f"expected a name of its own, {name} is built in")
        reader.known(table, ("like", "title", "starts", *VM_STATES), at)
        like, starts = table.get("like", "existing"), table.get("starts")
        known = PRESETS | own
        if not isinstance(like, str) or like not in known:
            reader.wrong((*at, "like"), f"expected one of {', '.join(known)}, got {_shown(like)}")
            continue
        if starts not in (None, "create", "launch"):
            reader.wrong((*at, "starts"), f"expected create or launch, got {_shown(starts)}")
        states = {state: _shares(reader, table[state], (*at, state)) for state in VM_STATES if state in table}
        launch = None if starts is None else starts == "launch"
        own[name] = own_policy(name, known[like], states, title=reader.text(table, "title", at), from_launch=launch)
        yield own[name]


def _shares(reader: _Reader, table: object, at: Path) -> Shares:
    if not isinstance(table, dict):
        reader.wrong(at, f"expected a table like {{ compute = 0.5 }}, got {_shown(table)}")
        return {}
    reader.known(table, tuple(_SHARES), at)
    found: Shares = {}
    for key, components in _SHARES.items():
        if key in table:
            share = reader.number(table[key], (*at, key), "a share between 0 and 1", most=1)
            found |= dict.fromkeys(components, share) if share is not None else {}
    return found


def _budget(reader: _Reader, table: dict[str, Any], at: Path) -> Budget | None:
    reader.known(table, _BUDGET, at)
    name = reader.text(table, "name", at, needed=True)
    amount = reader.number(table.get("amount"), (*at, "amount"), "an amount of more than 0")
    currency = reader.currency(table, at)
    if amount == 0:
        reader.wrong((*at, "amount"), "expected an amount of more than 0, got 0")
    month = reader.text(table, "month", at)
    if month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        reader.wrong((*at, "month"), f"expected a month like 2026-11, got {month!r}")
    alerts = table.get("alerts", [80, 100])
    marks = [reader.number(each, (*at, "alerts"), "percents of 0 or more", most=1000) for each in _listed(alerts)]
    if not isinstance(alerts, list):
        reader.wrong((*at, "alerts"), f"expected a list of percents, got {_shown(alerts)}")
    cloud, project = reader.text(table, "cloud", at), reader.text(table, "project", at)
    if not name or not amount:
        return None
    return Budget(
        name=name, amount=amount, currency=currency, cloud=cloud, project=project, month=month,
        alerts=tuple(sorted(mark for mark in marks if mark is not None)),
    )  # fmt: skip


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []
