"""`PrometheusProbe`: VMs as a Prometheus server knows them; one query for all VMs and metric, kept for some seconds.

So its cost grows with the metrics and not with the VMs; the past is asked of one VM. Knows queries and VMs, no HTTP.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from osvm_tui.domain.errors import ProbeError, ProbeFailed, ProbeUnfit
from osvm_tui.domain.metrics import Reading, Sample, Source
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.claims import Claims
from osvm_tui.probe.probe import Probe, Target
from osvm_tui.probe.prometheus_http import Element
from osvm_tui.probe.prometheus_names import Family
from osvm_tui.probe.prometheus_past import Ranges, past
from osvm_tui.probe.prometheus_sheet import Key, Sheet

_MIB = 1024**2
ROUND_S = 20.0
FRESH_S = 10.0
"""So long one round of queries serves all VMs; servers scrape every 15 to 60 s."""


class Queries(Ranges, Protocol):
    """What answers queries; every call blocks."""

    def query(self, text: str, at: float | None = None) -> list[Element]:
        """Raises ProbeError."""

    def close(self) -> None: ...


class PrometheusProbe(Probe):
    """Reads VMs from `server` by the names of `families`, the best first."""

    source = Source.PROMETHEUS
    grain_s = 15.0

    def __init__(
        self,
        server: Queries,
        families: Sequence[Family],
        *,
        fresh_s: float = FRESH_S,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server, self._families, self._fresh_s = server, families, fresh_s
        self._now, self._steady = now, steady
        self._turn = asyncio.Lock()
        self._asked_at = -fresh_s
        self._sheets: tuple[datetime, list[Sheet]] | ProbeError = ProbeUnfit("not asked yet")
        self._claims = Claims()

    async def read(self, target: Target) -> Reading:
        now, sheet, key = await self._found(target)
        return sheet.reading(key, now, _memory(target.vm))

    async def history(self, target: Target, since: datetime, until: datetime, step_s: int) -> tuple[Sample, ...]:
        _, sheet, key = await self._found(target)
        begin, end = (int(moment.timestamp()) for moment in (since, until))
        return await asyncio.to_thread(
            past, self._server, sheet.family, key, begin, end, step_s, memory=_memory(target.vm)
        )

    async def _found(self, target: Target) -> tuple[datetime, Sheet, Key]:
        now, sheets = await self._fresh()
        for sheet in sheets:
            if (key := self._find(sheet, target.vm)) is not None:
                return now, sheet, key
        raise ProbeUnfit("not known to Prometheus")

    def _find(self, sheet: Sheet, vm: Vm) -> Key | None:
        for word in self._claims.certain(vm):
            if (key := sheet.find(word, certain=word == vm.id)) is not None:
                return key
        return None

    async def _fresh(self) -> tuple[datetime, list[Sheet]]:
        async with self._turn:
            if self._steady() - self._asked_at >= self._fresh_s:
                try:
                    self._sheets = await asyncio.to_thread(self._round)
                except ProbeError as error:
                    # Told to all who ask for a while: a server that hangs must not be waited for by each VM.
                    self._sheets = error
                self._asked_at = self._steady()
        if isinstance(self._sheets, ProbeError):
            raise type(self._sheets)(self._sheets.detail, hint=self._sheets.hint)
        return self._sheets

    def _round(self) -> tuple[datetime, list[Sheet]]:
        found, now, end = [], self._now(), time.monotonic() + ROUND_S
        for family in self._families:
            sheet, times = Sheet(family), self._server.query(family.queries["time"])
            sheet.put("time", times)
            if not sheet:
                continue  # nothing of this exporter is there: its other names need not be asked
            for name, text in family.queries.items():
                if time.monotonic() > end:
                    raise ProbeFailed(f"Prometheus takes more than {ROUND_S:g} s for one round of queries")
                if name != "time":
                    # As of one moment: a scrape in between would give counters of another time.
                    sheet.put(name, self._server.query(text, times[0].at))
            found.append(sheet)
        return now, found

    def know(self, vms: Iterable[Vm], gone: Iterable[VmRef] = (), *, anew: bool = False) -> None:
        if anew:
            self._claims.clear()
        self._claims.know(vms, gone)

    async def forget(self, ref: VmRef) -> None:
        """Nothing is kept of what is read."""

    async def close(self) -> None:
        await asyncio.to_thread(self._server.close)


def _memory(vm: Vm) -> int:
    return vm.flavor.memory_mib * _MIB if vm.flavor else 0
