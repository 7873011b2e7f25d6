"""`CostBook`: the cards, policies and budgets that hold now, and by which of them a cloud is counted; pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from msgspec import Struct, field

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.billing import EXISTING, PRESETS, BillingPolicy
from osvm_tui.domain.rates import RateCard, card_for
from osvm_tui.domain.sample_rates import SAMPLE


class Budget(Struct, frozen=True, kw_only=True):
    """What a month may cost. `cloud` and `project` may hold `*` and `?`; empty means all."""

    name: str
    amount: Decimal
    currency: str
    cloud: str = ""
    project: str = ""
    """Name or id."""
    month: str = ""
    """`2026-11`; empty means every month."""
    alerts: tuple[Decimal, ...] = (Decimal(80), Decimal(100))
    """Percent of the amount at which it speaks up."""

    def holds_in(self, moment: datetime) -> bool:
        """Return whether it is a budget of the month of this moment."""
        return self.month in ("", f"{moment:%Y-%m}")

    def covers(self, entry: str, project_id: str, project_name: str) -> bool:
        """Return whether what this project costs in this cloud counts."""
        by_project = not self.project or any(fnmatchcase(name, self.project) for name in (project_id, project_name))
        return by_project and (not self.cloud or fnmatchcase(entry, self.cloud))


class CostBook(Struct, frozen=True, kw_only=True):
    """What was read of rate, policy and budget files, and what the settings choose."""

    cards: tuple[RateCard, ...] = ()
    policies: dict[str, BillingPolicy] = field(default_factory=lambda: dict(PRESETS))
    chosen: dict[str, str] = {}
    """Policy by entry, from the settings."""
    budgets: tuple[Budget, ...] = ()
    problems: tuple[str, ...] = ()
    """One sentence for each file that is wrong; what was last good of it still holds."""

    def tariff(self, entry: str, region: str, *, simulated: bool = False) -> Tariff | None:
        """Return by what a cloud is counted, None where no card is for it.

        A simulated cloud takes a card that names it, else the sample: a card for every cloud is meant for real ones.
        """
        card = card_for(self.cards, entry, region)
        if simulated and (card is None or not card.clouds):
            card = SAMPLE
        return Tariff(card, self.policy(entry, card)) if card is not None else None

    def policy(self, entry: str, card: RateCard) -> BillingPolicy:
        """Return how a cloud bills: as the settings say, as its card says, else while a VM exists."""
        for name in (self.chosen.get(entry, ""), card.policy):
            if name in self.policies:
                return self.policies[name]
        return EXISTING
