"""The console against a living cloud that somebody has populated, beside a bare session and python-openstackclient."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.console_bench import HEAD, LIVE, Watched, since_start
from tests.bench.keys import CURSOR
from tests.bench.mock_cloud import REPOSITORY, isolated
from tests.bench.terminal import Terminal

_ROUNDS = 3
_SETTLED_S = 20.0
_PAGE = 1000
_FIRST_PAGE = 200
"""What the console asks for first; see cloud/listing.py."""


def measure_lab(cloud: str, *, vms: int, client: bool) -> dict[str, Any]:
    """Return all figures; the populated cloud is taken as it is, `vms` is what it should hold."""
    clouds_yaml = Path(os.environ.get("OS_CLIENT_CONFIG_FILE", "/tmp/openstack-lab/clouds.yaml"))
    with tempfile.TemporaryDirectory(prefix="osvm-bench-") as folder:
        lab = Lab(Path(folder), clouds_yaml, cloud)
        bare = [lab.bare() for _ in range(_ROUNDS)]
        first = [lab.start(fresh=True) for _ in range(_ROUNDS)]
        second = lab.start(fresh=False)
        whole = median(one["whole_table_s"] for one in first)
        same = median(one["same_pages_s"] for one in bare)
        figures = {
            "vms": {"expected": vms, "found": bare[0]["servers"]},
            "bare_session": bare,
            "first_start": first,
            "second_start": second,
            "full_table_ratio": round(whole / same, 3),
            "first_rows_beyond_a_page_s": round(
                median(one["first_page_to_rows_s"] for one in first) - median(one["first_page_s"] for one in bare), 3
            ),
        }
        if client:
            figures["openstackclient"] = _with_ratios(lab.client(), whole)
        return figures


class Lab:
    """One entry of a clouds.yaml, and programs started against it with homes of their own."""

    def __init__(self, folder: Path, clouds_yaml: Path, cloud: str) -> None:
        self._folder, self._cloud = folder, cloud
        self._home = folder / "home"
        self._home.mkdir()
        self._environ = isolated(self._home, clouds_yaml)
        self._count = 0

    def start(self, *, fresh: bool) -> dict[str, Any]:
        """Start the console, with nothing kept if `fresh`; return when what was shown and what was asked for."""
        if fresh:
            shutil.rmtree(self._home)
            self._home.mkdir()
        self._count += 1
        dump = self._folder / f"{self._count}.json"
        module = ["-m", "tests.bench.run_console", str(dump), "--cloud", self._cloud]
        terminal = Terminal([sys.executable, *module], self._environ, REPOSITORY)
        moments = {
            "head_s": terminal.wait_for(HEAD)[1],
            "first_rows_s": terminal.wait_for(CURSOR, timeout_s=120)[1],
            "live_s": terminal.wait_for(LIVE, timeout_s=300)[1],
        }
        time.sleep(_SETTLED_S)
        requests = Watched(terminal, dump).end()["requests"]
        return {**{name: since_start(terminal, at) for name, at in moments.items()}, **_asked(requests, moments)}

    def bare(self) -> dict[str, Any]:
        """Page through the same list with a keystoneauth session in a fresh process, and with the same page sizes."""
        code = f"from tests.bench.bare_session import main; main({self._cloud!r}, {_FIRST_PAGE}, {_PAGE})"
        return _json(self._run([sys.executable, "-c", code]).stdout)

    def client(self) -> dict[str, Any]:
        """Time python-openstackclient, installed into a venv of its own."""
        venv = self._folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, stdout=subprocess.DEVNULL)
        pip = [str(venv / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "python-openstackclient"]
        subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
        list_all = [str(venv / "bin" / "openstack"), "--os-cloud", self._cloud, "server", "list", "--all-projects"]
        list_all += ["-f", "json"]
        self._run([list_all[0], "--version"])
        return {
            "with_names_s": self._timed(list_all),
            "no_name_lookup_s": self._timed([*list_all, "--no-name-lookup"]),
        }

    def _timed(self, command: list[str]) -> float:
        began = time.perf_counter()
        self._run(command)
        return round(time.perf_counter() - began, 2)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, env=self._environ, cwd=REPOSITORY, check=True, capture_output=True)


def _asked(requests: list[dict[str, Any]], moments: Mapping[str, float]) -> dict[str, Any]:
    """Return what the requests for VMs cost, and how many were answered before the first rows stood."""
    lists = [one for one in requests if one["kind"] == "list"]
    before = [one for one in requests if one["at"] + one["seconds"] < moments["first_rows_s"]]
    kinds: dict[str, list[int]] = {}
    for one in requests:
        kinds.setdefault(one["kind"], []).append(one["bytes"])
    found: dict[str, Any] = {
        "answered_before_rows": len(before),
        "requests": {kind: {"n": len(sizes), "bytes": sum(sizes)} for kind, sizes in kinds.items()},
    }
    if lists:
        ended = lists[-1]["at"] + lists[-1]["seconds"]
        found["whole_list_s"] = round(ended - lists[0]["at"], 3)
        found["whole_table_s"] = round(moments["live_s"] - lists[0]["at"], 3)
        found["first_page_to_rows_s"] = round(moments["first_rows_s"] - lists[0]["at"], 3)
    return found


def _with_ratios(figures: dict[str, float], whole_s: float) -> dict[str, float]:
    ratios = {f"{name.removesuffix('_s')}_ratio": round(value / whole_s, 2) for name, value in figures.items()}
    return {**figures, **ratios}


def _json(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found
