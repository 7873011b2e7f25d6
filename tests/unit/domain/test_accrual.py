"""Accrual against an oracle that looks at every second by itself; sums, cuts and bounds over random histories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from osvm_tui.domain.accrual import Certainty, Held, Line, Made, Tariff, held_lines, vm_lines
from osvm_tui.domain.billing import PRESETS, VM_STATES, BillingPolicy, own_policy
from osvm_tui.domain.rates import Component, Named, Per, Price, PriceList, RateCard
from osvm_tui.domain.stretches import Life, Span, Stretch, stretches
from osvm_tui.domain.vm import Flavor

T0 = datetime(2026, 3, 1, 23, 59, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FLAVORS = {name: Flavor(name, vcpus, ram, disk) for name, vcpus, ram, disk in (("a", 1, 1536, 10), ("b", 3, 4096, 0))}
OWN = own_policy("own", PRESETS["stopped-free"], {"paused": {Component.RAM: Decimal("0.35")}})
POLICIES = (*PRESETS.values(), OWN)
MADE = Made(FLAVORS.get, "windows-2019")


def at(second: int) -> datetime:
    return T0 + second * SECOND


def prices(since: datetime, amounts: Sequence[str], *, by_flavor: bool) -> PriceList:
    flavor, vcpu, ram, disk, license = (Decimal(text) for text in amounts)
    table: dict[Component, tuple[Named, ...]] = {
        Component.VCPU: (Named("*", Price(vcpu)),),
        Component.RAM: (Named("*", Price(ram, Per.MONTH)),),
        Component.DISK: (Named("*", Price(disk, Per.MONTH)),),
        Component.LICENSE: (Named("windows*", Price(license)),),
    }
    if by_flavor:
        table[Component.FLAVOR] = (Named("a", Price(flavor)),)
    return PriceList(since, table)


amounts = st.lists(st.decimals(0, 9, places=4).map(str), min_size=5, max_size=5)
pieces = st.lists(
    st.tuples(st.integers(1, 25), st.sampled_from(VM_STATES), st.sampled_from("ab")), min_size=1, max_size=5
)


@st.composite
def cards(draw: st.DrawFn) -> RateCard:
    second = draw(st.integers(1, 60))
    first = prices(T0 - timedelta(days=1), draw(amounts), by_flavor=draw(st.booleans()))
    later = prices(at(second), draw(amounts), by_flavor=draw(st.booleans()))
    return RateCard(name="card", currency="EUR", versions=(first, later))


def spans_of(found: Sequence[tuple[int, str, str]]) -> tuple[Span, ...]:
    spans, second = [], 0
    for length, state, flavor in found:
        spans.append(Span(state, flavor, at(second), at(second + length), at(second + length)))
        second += length
    return tuple(spans)


def life_of(found: Sequence[tuple[int, str, str]]) -> Life:
    return Life(created_at=T0, launched_at=T0, spans=spans_of(found), gone=True)


def lines_of(
    found: Sequence[tuple[int, str, str]], card: RateCard, policy: BillingPolicy, since: int, until: int
) -> tuple[Line, ...]:
    known = stretches(life_of(found), at(1000), timedelta(0))
    return vm_lines(known, MADE, Tariff(card, policy), at(since), at(until))


def total(lines: Sequence[Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def oracle(
    found: Sequence[tuple[int, str, str]], card: RateCard, policy: BillingPolicy, since: int, until: int
) -> Decimal:
    """Walk second by second; of each component take what its counter, whole steps of 1e-10, moved in that second."""
    states = [(state, flavor) for length, state, flavor in found for _ in range(length)]
    steps = 0
    for second in range(since, min(until, len(states))):
        state, name = states[second]
        flavor = FLAVORS[name]
        table = next(version for version in reversed(card.versions) if version.since <= at(second)).prices
        paid = {Component.LICENSE: Fraction(1)}
        if name == "a" and Component.FLAVOR in table:
            paid[Component.FLAVOR] = Fraction(1)
        else:
            paid |= {Component.VCPU: Fraction(flavor.vcpus), Component.RAM: Fraction(flavor.memory_mib, 1024)}
        paid[Component.DISK] = Fraction(flavor.disk_gib)
        for component, quantity in paid.items():
            price = table[component][0].price
            rate = Fraction(price.amount) * quantity * Fraction(policy.share(state, component)) / price.per.seconds
            now = int((at(second) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
            steps += floor(rate * (now + 1) * 10**10) - floor(rate * now * 10**10)
    return Decimal(steps).scaleb(-10)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
@settings(max_examples=25, deadline=None)
@given(found=pieces, card=cards(), window=st.tuples(st.integers(0, 60), st.integers(0, 70), st.integers(0, 60)))
def test_accrual_equals_the_oracle_is_additive_monotone_and_never_negative(
    policy: BillingPolicy, found: list[tuple[int, str, str]], card: RateCard, window: tuple[int, int, int]
) -> None:
    since, length, cut = window
    until, middle = since + length, since + min(cut, length)
    lines = lines_of(found, card, policy, since, until)
    assert total(lines) == oracle(found, card, policy, since, until)
    first, second = (lines_of(found, card, policy, *part) for part in ((since, middle), (middle, until)))
    assert total(first) + total(second) == total(lines)
    assert all(line.amount >= 0 and line.amount == line.amount_max for line in lines)
    assert total(lines) <= total(lines_of(found, card, policy, since, until + 7))


@settings(max_examples=40, deadline=None)
@given(
    found=pieces.filter(lambda each: len(each) > 2),
    card=cards(),
    policy=st.sampled_from(POLICIES),
)
def test_what_nobody_saw_is_bounded_around_what_really_happened(
    found: list[tuple[int, str, str]], card: RateCard, policy: BillingPolicy
) -> None:
    whole = spans_of(found)
    first = Span(whole[0].vm_state, whole[0].flavor, T0, whole[-1].since, at(1))
    seen = Life(created_at=T0, launched_at=T0, spans=(first, whole[-1]), gone=True)
    flavors = {first.flavor, whole[-1].flavor}
    really = [one for one in found if one[2] in flavors]
    if len(really) != len(found):
        return
    lines = vm_lines(stretches(seen, at(1000), timedelta(0)), MADE, Tariff(card, policy), T0, at(200))
    true = oracle(found, card, policy, 0, 200)
    # A step of 1e-10 may fall on either side of each change of state.
    slack = Decimal("1e-10") * 5 * len(found) * 2
    assert total(lines) - slack <= true <= sum((line.amount_max for line in lines), Decimal(0)) + slack
    unseen = [line for line in lines if line.certainty is Certainty.BOUNDED]
    assert all(line.since >= at(1) and line.until <= whole[-1].since for line in unseen)


def test_whole_hours_cost_exactly_the_price() -> None:
    card = RateCard(name="c", currency="EUR", versions=(prices(T0, ("0.02", "0", "0", "0", "0"), by_flavor=True),))
    known = (Stretch("active", ("a",), at(17), at(17 + 3600 * 730)),)
    (line,) = (one for one in vm_lines(known, MADE, Tariff(card, PRESETS["existing"]), T0, at(10**8)) if one.amount)
    assert line.amount == Decimal("14.60")


def test_nothing_is_said_before_the_first_prices() -> None:
    card = RateCard(name="c", currency="EUR", versions=(prices(at(10), ["1"] * 5, by_flavor=True),))
    lines = vm_lines((Stretch("active", ("a",), T0, at(20)),), MADE, Tariff(card, PRESETS["existing"]), T0, at(30))
    assert {line.since for line in lines} == {at(10)}


def test_a_volume_is_known_while_it_was_seen_and_bounded_from_nothing_after() -> None:
    card = RateCard(
        name="c", currency="EUR", versions=(PriceList(T0, {Component.VOLUME: (Named("ssd", Price(Decimal(36))),)}),)
    )
    held = Held(
        component=Component.VOLUME, id="v", name="", what="ssd", quantity=Decimal(10), project_id="p",
        since=T0, until=None, seen_at=at(100),
    )  # fmt: skip
    known, unknown = held_lines(held, card, T0, at(300), at(200), timedelta(seconds=30))
    assert (known.amount, known.amount_max, known.certainty) == (Decimal(10), Decimal(10), Certainty.KNOWN)
    assert (unknown.amount, unknown.amount_max) == (Decimal(0), Decimal(10))
    assert held_lines(held, card, T0, at(300), at(120), timedelta(seconds=30))[0].until == at(120)


def test_a_volume_that_grew_unseen_was_there_all_the_time_with_one_size_or_the_other() -> None:
    named = (Named("ssd", Price(Decimal(36))), Named("hdd", Price(Decimal("3.6"))))
    card = RateCard(name="c", currency="EUR", versions=(PriceList(T0, {Component.VOLUME: named}),))
    held = Held(
        component=Component.VOLUME, id="v", name="", what="ssd", quantity=Decimal(10), project_id="p",
        since=T0, until=at(200), seen_at=at(100), after=("ssd", Decimal(1000)),
    )  # fmt: skip
    _, grown = held_lines(held, card, T0, at(300), at(300), timedelta(seconds=30))
    assert (grown.amount, grown.amount_max, grown.certainty) == (Decimal(10), Decimal(1000), Certainty.BOUNDED)
    _, moved = held_lines(replace(held, after=("hdd", Decimal(10))), card, T0, at(300), at(300), SECOND)
    assert (moved.amount, moved.amount_max) == (Decimal(1), Decimal(10))
    _, unpriced = held_lines(replace(held, after=("nvme", Decimal(1))), card, T0, at(300), at(300), SECOND)
    assert (unpriced.amount, unpriced.amount_max) == (Decimal(0), Decimal(10))
