"""`python -m tests.e2e.driver`: one console without a screen, ruled by JSON lines, so that tests can pull its plugs.

The same composition as `bootstrap.build`, with the cadence and the clock as arguments. Knows no test.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from osvm_tui.domain.catalog import Image
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.events import Event, Notice, OperationChanged, OperationEnded
from osvm_tui.domain.operations import ActionRequest, Control, CreateVm
from osvm_tui.domain.vm import Flavor
from osvm_tui.paths import Paths, find_paths, private_dir
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.settings import ApiSettings
from osvm_tui.store.base import AuditQuery, Store


class _Teller(logging.Handler):
    """Tells warnings of the log as events."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("osvm"):
            detail = getattr(record, "detail", "") or (repr(record.exc_info[1]) if record.exc_info else "")
            say({"event": "log", "at": datetime.now(UTC), "what": {"text": f"{record.getMessage()}: {detail}"}})


class Driver:
    """A console and the commands that it takes; each method `do_*` is one, its result is the answer."""

    def __init__(
        self, entries: list[str], operator: str, state_dir: str, cadence: Cadence, shift_s: float, rate: float
    ) -> None:
        from osvm_tui.store.snapshot import FileShelf

        self._shift = timedelta(seconds=shift_s)
        paths = find_paths(state_dir)
        self.console = Console(
            [EntryPlan(entry, partial(_client, entry, rate)) for entry in entries],
            partial(self._store, paths),
            FileShelf(private_dir(paths.snapshots)),
            operator=operator,
            cadence=cadence,
            now=self._now,
        )
        self.console.subscribe(self._tell)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def _store(self, paths: Paths, owner: str) -> Store:
        from osvm_tui.store.sql import SqlStore, default_url

        return SqlStore(default_url(paths.database), spool_dir=private_dir(paths.spool), owner=owner, now=self._now)

    def _tell(self, event: Event) -> None:
        if isinstance(event, OperationChanged | OperationEnded | Notice):
            say({"event": type(event).__name__, "at": datetime.now(UTC), "what": event})

    async def run(self) -> None:
        """Start the console and obey until the input ends."""
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        await self.console.start()
        tasks = set()
        while line := await reader.readline():
            task = asyncio.create_task(self._obey(**msgspec.json.decode(line)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await self.console.close()
        say({"event": "closed"})

    async def _obey(self, number: int, do: str, arguments: dict[str, Any]) -> None:
        try:
            value = await getattr(self, f"do_{do}")(**arguments)
        except OsvmError as error:
            say({"reply": number, "error": type(error).__name__, "detail": error.detail})
        except Exception as error:
            say({"reply": number, "error": "defect", "detail": repr(error)})
        else:
            say({"reply": number, "value": value})

    async def do_submit(self, action: str, names: list[str], params: dict[str, object]) -> str:
        """Ask for an action on VMs by name or id; return the operation's id."""
        targets = tuple(self.console.find(name).ref for name in names)
        submission = await self.console.submit(ActionRequest(action, targets, params))
        return submission.operation_id

    async def do_create(self, entry: str, name: str, count: int, user_data: str = "") -> str:
        """Order small VMs without network; return the operation's id."""
        from osvm_tui.services.api import CatalogKind

        flavors = await self.console.load_catalog(entry, CatalogKind.FLAVOR)
        images = await self.console.load_catalog(entry, CatalogKind.IMAGE)
        flavor = next(one for one in flavors.items if isinstance(one, Flavor) and one.name == "m1.tiny")
        image = next(one for one in images.items if isinstance(one, Image) and one.name.startswith("cirros"))
        order = CreateVm(
            name=name, flavor_id=flavor.id, image_id=image.id,
            network_ids=("none",), user_data=user_data,
        )  # fmt: skip
        return (await self.console.create(entry, order, count)).operation_id

    async def do_steer(self, operation: str, control: str) -> None:
        """Pause, go on with, or cancel an operation."""
        await self.console.bulk.steer(operation, Control(control))

    async def do_wait(self, operation: str, timeout_s: float) -> Any:
        """Return the items of an operation when all have ended, or as they are when the time is over."""
        return await self.console.wait(operation, timeout_s)

    async def do_items(self) -> Any:
        """Return the items that this console knows, newest first."""
        return self.console.operations()

    async def do_vms(self) -> Any:
        """Return every VM with the verdict on stopping it."""
        rows = self.console.vms()
        return [
            {"name": vm.name, "id": vm.id, "state": vm.vm_state, "task": vm.task_state, "locked": vm.locked,
             "may_stop": self.console.verdict(vm.ref, "stop").allowed}
            for vm in sorted(rows, key=lambda vm: vm.name)
        ]  # fmt: skip

    async def do_scopes(self) -> Any:
        """Return the entries as the header shows them."""
        return self.console.scopes()

    async def do_calls(self) -> Any:
        """Return the API calls, newest first."""
        return self.console.calls()

    async def do_audit(self, text: str = "") -> Any:
        """Return the audit's entries, oldest first."""
        rows = await self.console.audit(AuditQuery(text=text, limit=5000))
        return [row.entry for row in reversed(rows)]

    async def do_verify(self) -> Any:
        """Return whether the audit's chain holds."""
        report = await self.console.verify_audit()
        return {"holds": report.holds, "rows": report.rows, "reason": report.reason}

    async def do_health(self) -> Any:
        """Return what `:health` shows."""
        return await self.console.health()

    async def do_intervals(self, name: str) -> Any:
        """Return a VM's state intervals."""
        return await self.console.intervals(self.console.find(name).ref)

    async def do_refresh(self) -> None:
        """Poll at once."""
        await self.console.refresh()

    async def do_shift(self, seconds: float) -> None:
        """Set this process's clock so far from the machine's."""
        self._shift = timedelta(seconds=seconds)

    async def do_limit_files(self, size: int | None) -> None:
        """Let no file of this process grow beyond `size` bytes, as on a full disk; None lets them grow again."""
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


def _client(entry: str, rate: float) -> Any:
    from osvm_tui.cloud.openstack.client import OpenStackCloud

    return OpenStackCloud(entry, rate=rate, concurrency=ApiSettings().concurrency)


def _be_impatient(seconds: float) -> None:
    """Let actions wait no longer for their answers than this."""
    from osvm_tui.cloud.verbs import VERBS

    for action_id, verb in VERBS.items():
        VERBS[action_id] = msgspec.structs.replace(verb, timeout_s=min(verb.timeout_s, seconds))


def say(record: dict[str, Any]) -> None:
    """Write one JSON line at once."""
    sys.stdout.buffer.write(msgspec.json.encode(record) + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("entries", nargs="+")
    parser.add_argument("--operator", required=True)
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--cadence", default="{}")
    parser.add_argument("--shift", type=float, default=0.0)
    parser.add_argument("--rate", type=float, default=ApiSettings().rate)
    parser.add_argument("--patience", type=float, default=0.0)
    given = parser.parse_args()
    cadence = msgspec.json.decode(given.cadence, type=Cadence)
    logging.getLogger().addHandler(_Teller(logging.WARNING))
    if given.patience:
        _be_impatient(given.patience)
    asyncio.run(Driver(given.entries, given.operator, given.state_dir, cadence, given.shift, given.rate).run())


if __name__ == "__main__":
    main()
