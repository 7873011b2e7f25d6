"""`CloudProcess`: the simulated cloud as a server of its own that can be cut off, and what the cloud has seen."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from osvm_tui.cloud.mock import clock, database, faults, seed
from osvm_tui.cloud.mock.server import SERVER_DECODER
from tests.e2e.consoles import ROOT, eventually

_HOST = "127.0.0.1"
_MANY = 100_000


class CloudProcess:
    """`osvm mock serve` on one port for its whole life, however often the process is killed."""

    def __init__(self, folder: Path, *, vms: int = 30) -> None:
        self.file = folder / "cloud.db"
        self.clouds_yaml = folder / "clouds.yaml"
        seed.reset(self.file, vms=vms)
        faults.set_knobs(self.file, scale=0.2)
        with socket.create_server((_HOST, 0)) as listener:
            self._port = listener.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> CloudProcess:
        """Serve, and wait until it answers."""
        command = [
            sys.executable, "-m", "osvm_tui", "mock", "--file", str(self.file),
            "serve", "--port", str(self._port), "--clouds-yaml", str(self.clouds_yaml),
        ]  # fmt: skip
        environ = {**os.environ, "OSVM_STATE_DIR": str(self.file.parent / "cloud-state")}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
        eventually(self._listens, "the cloud listens")
        return self

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the cloud has ended"
        with closing(socket.socket()) as asking:
            return asking.connect_ex((_HOST, self._port)) == 0 and self.clouds_yaml.exists()

    def kill(self) -> None:
        """Stop it as a crash would: connections are refused from now on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Let it accept connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def answer(self) -> None:
        """Let a hanging one go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def knobs(self, **changes: Any) -> None:
        """Turn knobs of the simulated cloud."""
        faults.set_knobs(self.file, **changes)

    def set_clock(self, offset_s: float) -> None:
        """Let the cloud's clock be so far from ours."""
        clock.set_offset(self.file, offset_s)

    def expire_tokens(self) -> None:
        """Let every token that was issued until now be refused."""
        self.knobs(tokens_from=clock.clock(self.file).at(time.time()))

    def script(self, **fault: Any) -> None:
        """Let a fault meet the next requests that match."""
        faults.script(self.file, faults.Scripted(**fault))

    # what the cloud saw

    def count(self, method: str, path: str, body: str = "", *, delay: float = 0.0, fate: str = "answer") -> Seen:
        """Count from now on the requests that match, which may also wait or lose their answer."""
        self.script(method=method, path=path, body=body, times=_MANY, delay=delay, fate=fate)
        return Seen(self.file, method, path, body)

    def log(self, vm_id: str) -> list[str]:
        """Return the names of a server's instance actions, oldest first."""
        with closing(database.connect(self.file)) as connection:
            rows = connection.execute("SELECT record FROM actions WHERE server = ? ORDER BY started", (vm_id,))
            return [msgspec.json.decode(record)["action"] for (record,) in rows]

    def named(self, prefix: str) -> dict[str, list[str]]:
        """Return the ids of the servers whose names begin with `prefix`, by name, deleted ones included."""
        found: dict[str, list[str]] = {}
        with closing(database.connect(self.file)) as connection:
            for key, record in connection.execute("SELECT id, record FROM servers WHERE record IS NOT NULL"):
                name = SERVER_DECODER.decode(record).name
                if name.startswith(prefix):
                    found.setdefault(name, []).append(key)
        return found


class Seen:
    """How many requests of one kind the cloud has received since this was made."""

    def __init__(self, file: Path, method: str, path: str, body: str) -> None:
        self._file, self._what = file, (method, path, body)

    @property
    def total(self) -> int:
        """The count until now."""
        with closing(database.connect(self._file)) as connection:
            records = [msgspec.json.decode(row[0]) for row in connection.execute("SELECT record FROM script")]
        mine = [r for r in records if (r.get("method", ""), r.get("path", ""), r.get("body", "")) == self._what]
        return _MANY - int(mine[-1]["times"]) if mine else 0
