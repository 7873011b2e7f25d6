"""Advice on one VM: idle, of the wrong size, stopped but billed, forgotten; pure.

Thresholds are of common practice among cost tools: a VM that uses under 5 % CPU and next to no network for days is
idle; a flavor fits when its peak use stays under 80 % of it. A VM that ran is never advised to be deleted: its disk may
be the only copy of what is on it. Where nothing but deletion saves anything, the first step is to keep that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from osvm_tui.domain.advice import Advice, Confidence, VmMetrics, Waste, at_most, sure
from osvm_tui.domain.money import digits
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.vm_prices import VmPrices

MIN_DAYS = 3.0
"""A window shorter than this tells nothing of size and idleness."""
LEAST_COVERED = 0.8
"""Of the window: what runs by night is not seen by a console that is closed by night."""
IDLE_CPU_AVG, IDLE_CPU_MAX = 5.0, 20.0
IDLE_NETWORK_BPS = 1024.0
FULL_CPU_AVG, FULL_MEMORY_AVG = 85.0, 90.0
HEADROOM = 0.8
OFF_DAYS, FORGOTTEN_DAYS, ERROR_DAYS = 7, 90, 7
FORGOTTEN_WINDOW = 14.0
_OFF = frozenset({"stopped", "paused", "suspended", "shelved", "shelved_offloaded"})
_SHELVED = frozenset({"shelved", "shelved_offloaded"})
_REST = {"stop": "stop it", "shelve": "shelve it"}


class Subject(Struct, frozen=True, kw_only=True):
    """One VM with what is known around it."""

    vm: Vm
    entry: str
    flavor: Flavor
    prices: VmPrices
    image_name: str = ""
    state_since: datetime | None = None
    metrics: VmMetrics | None = None
    legal: Callable[[str], bool] = lambda action_id: True
    """Whether the gate would let an action through now."""


def advise(subject: Subject, now: datetime) -> Advice | None:
    """Return the one piece of advice that matters most for a VM, None when all is well or nothing is known."""
    vm = subject.vm
    if vm.busy:
        return None
    if vm.vm_state == "error":
        return _in_error(subject, now)
    if vm.vm_state in _OFF:
        return _off(subject, now)
    metrics = subject.metrics
    if vm.vm_state != "active" or metrics is None or not tells(vm, metrics):
        return None
    return _idle(subject, metrics) or _undersized(subject, metrics) or _oversized(subject, metrics)


def tells(vm: Vm, metrics: VmMetrics) -> bool:
    """Return whether anything can be told by these measurements.

    They are long enough and not from before a resize, rebuild or unshelve, which made it another machine.
    """
    if vm.launched_at is not None and metrics.since < vm.launched_at:
        return False
    covered = metrics.covered(max(metrics.cpu_days, metrics.memory_days))
    return metrics.days >= MIN_DAYS and covered >= LEAST_COVERED


def _in_error(subject: Subject, now: datetime) -> Advice | None:
    vm, days = subject.vm, _days_in_state(subject, now)
    if days is None or days < ERROR_DAYS:
        return None
    evidence, confidence = f"ERROR for {days} d", sure(days, high=30, medium=14)
    if vm.launched or vm.volume_ids:
        step = ("reboot-hard", "hard reboot it to save what matters, then delete it")
        return _gone_after(subject, Waste.FORGOTTEN, evidence, confidence, *step)
    saving = subject.prices.saved_by(vm, "delete", subject.flavor, subject.image_name)
    if not subject.legal("delete") or (saving is not None and saving <= 0):
        return None
    evidence += ", it never ran"
    return _advice(subject, Waste.FORGOTTEN, evidence, confidence, "delete", saving, detail="delete it")


def _off(subject: Subject, now: datetime) -> Advice | None:
    vm, days = subject.vm, _days_in_state(subject, now)
    if days is None or days < OFF_DAYS:
        return None
    monthly = subject.prices.monthly(vm, subject.flavor, subject.image_name)
    waste = Waste.FORGOTTEN if days >= FORGOTTEN_DAYS else Waste.STOPPED
    evidence, confidence = f"{status_of(vm.vm_state, None)} for {days} d", sure(days, high=30, medium=14)
    if monthly is not None:
        if monthly <= 0:
            return None
        evidence += f" and still {digits(monthly)} {subject.prices.currency} a month"
    elif waste is Waste.STOPPED or vm.vm_state in _SHELVED:
        return None
    if vm.vm_state in _SHELVED:
        step = ("unshelve", "unshelve it to save what matters, then delete it")
    else:
        step = ("create-image", "keep an image of it, then delete it")
    resting = _resting(subject, waste, evidence, confidence, "shelve")
    return resting or _gone_after(subject, waste, evidence, confidence, *step)


def _idle(subject: Subject, metrics: VmMetrics) -> Advice | None:
    cpu, peak, network = metrics.cpu_avg, metrics.cpu_max, metrics.network_avg_bps
    if cpu is None or peak is None or network is None:
        return None
    if cpu >= IDLE_CPU_AVG or peak >= IDLE_CPU_MAX or network >= IDLE_NETWORK_BPS:
        return None
    covered = metrics.covered(metrics.cpu_days, metrics.network_days)
    if covered < LEAST_COVERED:
        return None
    evidence = f"CPU {cpu:.1f} % on average over {metrics.days:.0f} d, {peak:.1f} % in the busiest 10 min"
    evidence += f", network {network:.0f} B/s; {_measured(covered)}"
    login = metrics.login_at
    evidence += "" if login is None else f"; no login on a terminal since {login:%Y-%m-%d}"
    waste, made = Waste.IDLE, subject.vm.created_at
    long_ago = metrics.until - timedelta(days=FORGOTTEN_DAYS)
    if made is not None and max(made, login or made) <= long_ago and metrics.days >= FORGOTTEN_WINDOW:
        waste, evidence = Waste.FORGOTTEN, f"made {(metrics.until - made).days} d ago; {evidence}"
    confidence = sure(metrics.days, high=14, medium=7)
    stopped = _resting(subject, waste, evidence, confidence, "stop")
    return stopped or _resting(subject, waste, evidence, confidence, "shelve")


def _resting(
    subject: Subject, waste: Waste, evidence: str, confidence: Confidence, action: str
) -> Advice | None:  # fmt: skip
    """Advise an action that loses nothing, if it is legal and saves anything or if there are no rates to tell it."""
    saving = subject.prices.saved_by(subject.vm, action, subject.flavor, subject.image_name)
    if (saving is not None and saving <= 0) or not subject.legal(action):
        return None
    detail = _REST[action] + (_image(subject) if action == "shelve" else "")
    return _advice(subject, waste, evidence, confidence, action, saving, detail=detail)


def _gone_after(
    subject: Subject, waste: Waste, evidence: str, confidence: Confidence, action: str, detail: str
) -> Advice | None:
    """Advise what keeps a VM's data before it is deleted; the saving is that of both, and nobody but its owner knows
    whether it is needed."""
    prices, vm, flavor = subject.prices, subject.vm, subject.flavor
    saving = prices.saved_by(vm, "delete", flavor, subject.image_name)
    if saving is not None and action == "create-image":
        saving, detail = saving - prices.image(vm, flavor), detail + _image(subject)
    if (saving is not None and saving <= 0) or not subject.legal(action):
        return None
    return _advice(
        subject, waste, evidence, at_most(confidence, Confidence.MEDIUM), action, saving, detail=detail
    )  # fmt: skip


def _image(subject: Subject) -> str:
    price = subject.prices.image(subject.vm, subject.flavor)
    return f"; its image costs up to {digits(price)} {subject.prices.currency} a month" if price else ""


def _oversized(subject: Subject, metrics: VmMetrics) -> Advice | None:
    peak, covered = metrics.cpu_max, metrics.covered(metrics.cpu_days)
    if peak is None or covered < LEAST_COVERED:
        return None
    vm, flavor = subject.vm, subject.flavor
    need_cpu, need_mib = flavor.vcpus * peak / 100 / HEADROOM, float(flavor.memory_mib)
    # Without a good reading of the memory in use no flavor with less of it is known to fit.
    if metrics.memory_max is not None and (known := metrics.covered(metrics.memory_days)) >= LEAST_COVERED:
        need_mib, covered = need_mib * metrics.memory_max / 100 / HEADROOM, min(covered, known)
    for saving, other in subject.prices.cheaper(vm, flavor, subject.image_name):
        if other.vcpus >= need_cpu and other.memory_mib >= need_mib:
            return _resize(subject, metrics, Waste.OVERSIZED, other, saving, covered)
    return None


def _undersized(subject: Subject, metrics: VmMetrics) -> Advice | None:
    flavor = subject.flavor
    cpu = _full(metrics.cpu_avg, FULL_CPU_AVG, metrics.covered(metrics.cpu_days))
    memory = _full(metrics.memory_avg, FULL_MEMORY_AVG, metrics.covered(metrics.memory_days))
    if not cpu and not memory:
        return None
    bigger = [
        other
        for other in subject.prices.like(flavor)
        if other.vcpus >= flavor.vcpus + cpu and other.memory_mib >= flavor.memory_mib + memory
    ]
    if not bigger:
        return None
    other = min(bigger, key=lambda each: (each.vcpus, each.memory_mib, each.name))
    saving = subject.prices.saved_with(subject.vm, flavor, other, subject.image_name)
    covered = metrics.covered(*([metrics.cpu_days] if cpu else []), *([metrics.memory_days] if memory else []))
    return _resize(subject, metrics, Waste.UNDERSIZED, other, saving, covered)


def _full(average: float | None, limit: float, covered: float) -> bool:
    return average is not None and average >= limit and covered >= LEAST_COVERED


def _resize(
    subject: Subject, metrics: VmMetrics, waste: Waste, other: Flavor, saving: Decimal | None, covered: float
) -> Advice | None:
    if not subject.legal("resize"):
        return None
    told = (
        ("CPU", metrics.cpu_avg, metrics.cpu_max, metrics.cpu_days),
        ("memory", metrics.memory_avg, metrics.memory_max, metrics.memory_days),
    )
    parts = [
        f"{name} {_percent(average)} on average, {_percent(most)} at most"
        for name, average, most, days in told
        if (average is not None or most is not None) and metrics.covered(days) >= LEAST_COVERED
    ]
    evidence = f"{'; '.join(parts)} over {metrics.days:.0f} d; {_measured(covered)}"
    params = (("flavor_id", other.id or other.name),)
    detail = f"resize to {other.name} ({other.vcpus} vCPU, {other.memory_mib / 1024:g} GiB)"
    confidence = sure(metrics.days, high=14, medium=7)
    return _advice(subject, waste, evidence, confidence, "resize", saving, detail=detail, params=params)


def _percent(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f} %"


def _measured(covered: float) -> str:
    return f"measured {100 * covered:.0f} % of that time"


def _days_in_state(subject: Subject, now: datetime) -> int | None:
    return None if subject.state_since is None else (now - subject.state_since).days


def _advice(
    subject: Subject,
    waste: Waste,
    evidence: str,
    confidence: Confidence,
    action: str,
    saving: Decimal | None,
    *,
    detail: str,
    params: tuple[tuple[str, str], ...] = (),
) -> Advice:
    vm = subject.vm
    return Advice(
        id=f"{waste.value}:{vm.id}",
        waste=waste,
        name=vm.name,
        entry=subject.entry,
        project_id=vm.project_id,
        ref=vm.ref,
        evidence=evidence,
        currency=subject.prices.currency if saving is not None else "",
        saving_monthly=saving,
        confidence=confidence,
        action_id=action,
        params=params,
        detail=detail,
    )
