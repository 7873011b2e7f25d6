"""`osvm metrics` and `osvm alerts`: what a running console left in the stores, told without measuring anything."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from osvm_tui.cli.root import run
from osvm_tui.domain.alerts import AlertSeverity, AlertState, AlertView
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Memory, Sample, Source
from osvm_tui.domain.slots import slot_of
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_sql import SqlMetricStore
from osvm_tui.store.sql import SqlStore, default_url
from tests.contract.store.alert_steps import begin


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OSVM_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("OSVM_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("OSVM_OPERATOR", "ops-1")
    assert run(["mock", "reset", "--vms", "12"]) == 0
    return tmp_path


def vms(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    capsys.readouterr()
    assert run(["--mock", "vm", "list", "-o", "json"]) == 0
    return [vm for vm in json.loads(capsys.readouterr().out) if vm["vm_state"] == "active"]


def keep(state: Path, refs: list[VmRef]) -> None:
    """Leave ten minutes of samples, as a console would."""

    async def work() -> None:
        store = SqlMetricStore(default_url(state / "osvm.db"), now=lambda: datetime.now(UTC))
        await store.open()
        for number, ref in enumerate(refs):
            samples = [
                Sample(at=datetime.now(UTC) - timedelta(minutes=n), source=Source.SSH, cpu=10.0 * number + n,
                       memory=Memory(100, 40))
                for n in range(10)
            ]  # fmt: skip
            slots = [(ref, slot) for one in samples if (slot := slot_of(one)) is not None]
            await store.append(slots, [Measured(ref=ref, sample=samples[0])])
        await store.close()

    asyncio.run(work())


def test_what_is_kept_of_a_vm_is_shown_and_vms_are_ranked(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = vms(capsys)[:3]
    keep(state, [VmRef(vm["endpoint"], vm["id"]) for vm in found])
    assert run(["--mock", "metrics", "show", found[2]["id"], "--metric", "cpu", "--metric", "memory"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["METRIC", "DEVICE", "LOW", "MEAN", "HIGH", "LAST", "AT", "SAMPLES"]
    assert lines[1].startswith("cpu")
    assert "29 %" in lines[1]
    assert run(["--mock", "metrics", "show", found[2]["id"], "--over", "15m", "-o", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["newest"]["sample"]["cpu"] == 20.0
    assert next(one for one in told["series"] if one["metric"] == "cpu")["points"]
    assert run(["--mock", "metrics", "top", "cpu", "--limit", "2", "-o", "json"]) == 0
    assert [one["value"] for one in json.loads(capsys.readouterr().out)] == [20.0, 10.0]


def test_a_vm_that_nobody_measured_says_so(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSVM_MONITOR__ENABLED", "false")
    assert run(["--mock", "metrics", "show", vms(capsys)[0]["id"]]) == 1
    assert "nothing is kept of" in capsys.readouterr().err


def an_alert(state: Path) -> AlertView:
    alert = AlertView(
        id="1234abcd-0000", rule="cpu", ref=VmRef("e", "vm-1"), vm_name="web", entry="demo", words="cpu 97 %",
        severity=AlertSeverity.CRITICAL, state=AlertState.FIRING, since=datetime.now(UTC),
    )  # fmt: skip

    async def work() -> None:
        store = SqlStore(
            default_url(state / "osvm.db"), spool_dir=state / "spool", owner="a", now=lambda: datetime.now(UTC)
        )
        await store.open()
        await begin(store.alerts, alert)
        await store.close()

    asyncio.run(work())
    return alert


def test_alerts_are_listed_acknowledged_and_silenced_and_the_audit_knows(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    an_alert(state)
    assert run(["alerts"]) == 0
    assert "1234abcd" in capsys.readouterr().out
    assert run(["alerts", "ack", "1234", "--note", "looking"]) == 0
    assert run(["alerts", "silence", "1234", "--minutes", "30"]) == 0
    capsys.readouterr()
    assert run(["alerts", "-o", "json"]) == 0
    (alert,) = json.loads(capsys.readouterr().out)
    assert (alert["state"], alert["who"]) == ("silenced", "ops-1")
    assert run(["audit", "list", "--text", "alert-", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["entry"]["action"] for row in rows] == ["alert-silence", "alert-acknowledge"]
    monkeypatch.setenv("OSVM_CONSOLE_ROLE", "viewer")
    assert run(["alerts", "ack", "1234"]) == 3
    assert run(["alerts", "ack", "nothing"]) == 3
    monkeypatch.setenv("OSVM_CONSOLE_ROLE", "operator")
    assert run(["alerts", "ack", "nothing"]) == 1
