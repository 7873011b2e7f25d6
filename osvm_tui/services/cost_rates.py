"""`Rates`: by which prices and policy each entry is counted, kept up to date with the files behind them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.cost_book import Budget, CostBook
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.events import CostsChanged, Notice, Severity
from osvm_tui.domain.rates import PriceList
from osvm_tui.domain.roles import Scope
from osvm_tui.services.bus import EventBus
from osvm_tui.services.costs_api import RatesView
from osvm_tui.services.scopes import Scopes

_LOOK_S = 5.0
_log = logging.getLogger("osvm.costs")


class CostSource(Protocol):
    """Where cards, policies and budgets come from. Its method blocks."""

    def changed(self) -> CostBook | None:
        """Return the book anew if it has changed since the last call, else None; never raises."""
        ...


class Rates:
    """The present book; `revision` grows with each change of it."""

    def __init__(self, source: CostSource | None, scopes: Scopes, bus: EventBus, now: Callable[[], datetime]) -> None:
        self._source, self._scopes, self._bus, self._now = source, scopes, bus, now
        self._book = CostBook()
        self._tariffs: dict[str, tuple[Scope, Tariff | None]] = {}
        self.revision = 0

    async def keep(self) -> None:
        """Read the files whenever one has changed; until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(_LOOK_S)

    async def refresh(self) -> None:
        """Read the files if one has changed, and tell what is newly wrong in them."""
        book = await asyncio.to_thread(self._source.changed) if self._source is not None else None
        if book is None:
            return
        news = [problem for problem in book.problems if problem not in self._book.problems]
        holds = "the last good rates hold" if self.revision else "it does not hold"
        self._book = book
        self._tariffs.clear()
        self.revision += 1
        self._bus.publish(CostsChanged(self.revision))
        for problem in news:
            _log.warning("cost file not taken over", extra={"detail": problem})
            self._bus.publish(Notice(f"{problem}; {holds}", Severity.WARNING))

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong in the files, one sentence each."""
        return self._book.problems

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """Every budget."""
        return self._book.budgets

    def tariff(self, entry: str) -> Tariff | None:
        """Return by what an entry is counted; None without a card or while it is not connected."""
        try:
            scope = self._scopes.scope(entry)
        except OsvmError:
            return None
        held = self._tariffs.get(entry)
        if held is None or held[0] is not scope:
            tariff = self._book.tariff(entry, scope.region, simulated=scope.simulated)
            held = self._tariffs[entry] = (scope, tariff)
        return held[1]

    def priced(self, entry: str) -> tuple[Tariff, PriceList] | None:
        """Return tariff and present prices of an entry, None where there are none."""
        tariff = self.tariff(entry)
        prices = tariff.card.at(self._now()) if tariff is not None else None
        return (tariff, prices) if tariff is not None and prices is not None else None

    def view(self, entry: str) -> RatesView:
        """Return by which prices an entry is counted, in words."""
        tariff = self.tariff(entry)
        if tariff is None:
            return RatesView(entry=entry, note=self._why_none(entry))
        card, prices = tariff.card, tariff.card.at(self._now())
        return RatesView(
            entry=entry,
            card=card.name,
            currency=card.currency,
            source=card.source,
            valid_from=prices.since if prices is not None else None,
            policy=tariff.policy.name,
            policy_title=tariff.policy.title,
            simulated=card.simulated,
            note="" if prices is not None else f"the prices of {card.name} begin {card.versions[0].since:%Y-%m-%d}",
        )

    def _why_none(self, entry: str) -> str:
        try:
            self._scopes.scope(entry)
        except OsvmError as error:
            return f"no rates for {entry}: {error.detail}"
        return f"no rates for {entry}: no rate card is for it"
