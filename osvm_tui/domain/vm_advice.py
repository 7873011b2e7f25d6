"""Advice on one VM: idle, of the wrong size, stopped but billed, forgotten; pure.

Thresholds are of common practice among cost tools: a VM that uses under 5 % CPU and next to no network for days is
idle; a flavor fits when its peak use stays under 80 % of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.advice import Advice, Confidence, VmMetrics, Waste, sure
from osvm_tui.domain.burn import Burn, vm_burn
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.what_if import burn_after

MIN_DAYS = 3.0
"""A window shorter than this tells nothing of size and idleness."""
IDLE_CPU_AVG, IDLE_CPU_MAX = 5.0, 20.0
IDLE_NETWORK_BPS = 1024.0
FULL_CPU_AVG, FULL_MEMORY_AVG = 85.0, 90.0
HEADROOM = 0.8
OFF_DAYS, FORGOTTEN_DAYS, ERROR_DAYS = 7, 90, 7
_OFF = frozenset({"stopped", "paused", "suspended", "shelved", "shelved_offloaded"})
_ENDS = {"stop": "stop it", "shelve": "shelve it", "delete": "delete it"}


class Subject(Struct, frozen=True, kw_only=True):
    """One VM with what is known around it."""

    vm: Vm
    entry: str
    flavor: Flavor
    flavors: tuple[Flavor, ...] = ()
    """What it could be resized to."""
    tariff: Tariff | None
    image_name: str = ""
    state_since: datetime | None = None
    metrics: VmMetrics | None = None
    legal: Callable[[str], bool] = lambda action_id: True
    """Whether the gate would let an action through now."""


def advise(subject: Subject, now: datetime) -> Advice | None:
    """Return the one piece of advice that matters most for a VM, None when all is well or nothing is known."""
    vm, metrics = subject.vm, subject.metrics
    if vm.busy:
        return None
    if vm.vm_state == "error":
        return _in_error(subject, now)
    if vm.vm_state in _OFF:
        return _off(subject, now)
    if vm.vm_state != "active" or metrics is None or metrics.days < MIN_DAYS or not metrics.samples:
        return None
    return _idle(subject, metrics) or _undersized(subject, metrics, now) or _oversized(subject, metrics, now)


def _in_error(subject: Subject, now: datetime) -> Advice | None:
    days = _days_in_state(subject, now)
    if days is None or days < ERROR_DAYS:
        return None
    return _ending(subject, Waste.FORGOTTEN, f"ERROR for {days} d", sure(days, high=30, medium=14), ("delete",), now)


def _off(subject: Subject, now: datetime) -> Advice | None:
    days = _days_in_state(subject, now)
    if days is None or days < OFF_DAYS:
        return None
    status = status_of(subject.vm.vm_state, None)
    if days >= FORGOTTEN_DAYS:
        evidence = f"{status} for {days} d"
        return _ending(subject, Waste.FORGOTTEN, evidence, sure(days, high=180, medium=90), ("delete",), now)
    burn = _burn(subject, now)
    if burn is None or not burn.hourly:
        return None
    evidence = f"{status} for {days} d and still {burn.monthly:.2f} {burn.currency} a month"
    confidence = sure(days, high=30, medium=14)
    return _ending(subject, Waste.STOPPED, evidence, confidence, ("shelve", "delete"), now)


def _idle(subject: Subject, metrics: VmMetrics) -> Advice | None:
    if metrics.cpu_avg is None or metrics.cpu_avg >= IDLE_CPU_AVG:
        return None
    if metrics.cpu_max is not None and metrics.cpu_max >= IDLE_CPU_MAX:
        return None
    network = metrics.network_avg_bps
    if network is not None and network >= IDLE_NETWORK_BPS:
        return None
    evidence = f"CPU {metrics.cpu_avg:.1f} % on average over {metrics.days:.0f} d"
    evidence += f", {metrics.cpu_max:.1f} % at most" if metrics.cpu_max is not None else ""
    evidence += f", network {network:.0f} B/s" if network is not None else ", network not measured"
    login = metrics.last_login_at
    evidence += f", last login {login:%Y-%m-%d}" if login is not None else ""
    confidence = sure(metrics.days, high=14, medium=7)
    if network is None and confidence is Confidence.HIGH:
        confidence = Confidence.MEDIUM
    return _ending(subject, Waste.IDLE, evidence, confidence, ("stop", "shelve", "delete"), metrics.until)


def _ending(
    subject: Subject, waste: Waste, evidence: str, confidence: Confidence, actions: Sequence[str], now: datetime
) -> Advice | None:
    """Advise the gentlest legal action that saves anything; without rates the gentlest legal one."""
    legal = [action for action in actions if subject.legal(action)]
    for action in legal:
        saving = _saving(subject, action, subject.flavor, now)
        if saving is None or saving > 0 or (action == legal[-1] and waste is Waste.FORGOTTEN):
            return _advice(subject, waste, evidence, confidence, action, saving, detail=_ENDS[action])
    return None


def _oversized(subject: Subject, metrics: VmMetrics, now: datetime) -> Advice | None:
    if metrics.cpu_max is None or not subject.legal("resize"):
        return None
    flavor = subject.flavor
    need_cpu = flavor.vcpus * metrics.cpu_max / 100 / HEADROOM
    # Without a reading of the memory in use no flavor with less of it is known to fit.
    used = metrics.memory_max
    need_mib = flavor.memory_mib * used / 100 / HEADROOM if used is not None else float(flavor.memory_mib)
    fitting = [
        (saving, other)
        for other in _fitting(subject, need_cpu, need_mib)
        if (saving := _saving(subject, "resize", other, now)) is not None and saving > 0
    ]
    if not fitting:
        return None
    saving, other = max(fitting, key=lambda each: (each[0], each[1].name))
    return _resize(subject, metrics, Waste.OVERSIZED, other, saving)


def _undersized(subject: Subject, metrics: VmMetrics, now: datetime) -> Advice | None:
    flavor = subject.flavor
    cpu, memory = metrics.cpu_avg or 0.0, metrics.memory_avg or 0.0
    if (cpu < FULL_CPU_AVG and memory < FULL_MEMORY_AVG) or not subject.legal("resize"):
        return None
    need_cpu = flavor.vcpus + 1 if cpu >= FULL_CPU_AVG else flavor.vcpus
    need_mib = flavor.memory_mib + 1 if memory >= FULL_MEMORY_AVG else flavor.memory_mib
    bigger = _fitting(subject, need_cpu, need_mib)
    if not bigger:
        return None
    other = min(bigger, key=lambda each: (each.vcpus, each.memory_mib, each.name))
    return _resize(subject, metrics, Waste.UNDERSIZED, other, _saving(subject, "resize", other, now))


def _fitting(subject: Subject, vcpus: float, memory_mib: float) -> list[Flavor]:
    """Return other flavors of at least this size; Nova cannot make a disk smaller."""
    own = subject.flavor
    return [
        other
        for other in subject.flavors
        if other.name != own.name
        and other.vcpus >= vcpus
        and other.memory_mib >= memory_mib
        and other.disk_gib >= own.disk_gib
        and other.ephemeral_gib >= own.ephemeral_gib
    ]


def _resize(subject: Subject, metrics: VmMetrics, waste: Waste, other: Flavor, saving: Decimal | None) -> Advice:
    told = [("CPU", metrics.cpu_avg, metrics.cpu_max), ("memory", metrics.memory_avg, metrics.memory_max)]
    parts = [
        f"{name} {_percent(average)} on average, {_percent(most)} at most"
        for name, average, most in told
        if average is not None or most is not None
    ]
    evidence = f"{'; '.join(parts)} over {metrics.days:.0f} d"
    params = (("flavor_id", other.id or other.name),)
    detail = f"resize to {other.name} ({other.vcpus} vCPU, {other.memory_mib / 1024:g} GiB)"
    confidence = sure(metrics.days, high=14, medium=7)
    return _advice(subject, waste, evidence, confidence, "resize", saving, detail=detail, params=params)


def _percent(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f} %"


def _days_in_state(subject: Subject, now: datetime) -> int | None:
    return None if subject.state_since is None else (now - subject.state_since).days


def _burn(subject: Subject, now: datetime) -> Burn | None:
    prices = subject.tariff.card.at(now) if subject.tariff else None
    if prices is None or subject.tariff is None:
        return None
    policy, currency = subject.tariff.policy, subject.tariff.card.currency
    return vm_burn(subject.vm, subject.flavor, prices, policy, currency, subject.image_name)


def _saving(subject: Subject, action: str, flavor: Flavor, now: datetime) -> Decimal | None:
    before, tariff = _burn(subject, now), subject.tariff
    prices = tariff.card.at(now) if tariff else None
    if before is None or tariff is None or prices is None or not before.lines:
        return None
    later = burn_after(subject.vm, action, prices, tariff, subject.image_name, flavor=flavor)
    return before.monthly - later.monthly


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
        currency=subject.tariff.card.currency if subject.tariff and saving is not None else "",
        saving_monthly=saving,
        confidence=confidence,
        action_id=action,
        params=params,
        detail=detail,
    )
