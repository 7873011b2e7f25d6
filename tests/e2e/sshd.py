"""`Sshd`: OpenSSH's server on a loopback port, as the present user, with keys of its own. Knows no test."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

PROMPT = "guest> "
SHELL = f"""#!/bin/sh
if [ -n "$SSH_ORIGINAL_COMMAND" ]; then exec sh -c "$SSH_ORIGINAL_COMMAND"; fi
HISTFILE= ENV= PS1='{PROMPT}' exec sh -i
"""
CONFIG = """
Port {port}
ListenAddress {address}
HostKey {folder}/host-ed25519
HostKey {folder}/host-ecdsa
PidFile {folder}/pid
AuthorizedKeysFile {folder}/authorized_keys
ForceCommand {folder}/shell
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PrintMotd no
AllowUsers {user}
{more}
"""


def missing() -> str:
    """Return what is not installed here, empty when nothing is."""
    wanted = {"sshd": _sshd(), "ssh": shutil.which("ssh"), "ssh-keygen": shutil.which("ssh-keygen")}
    return ", ".join(name for name, found in wanted.items() if not found)


class Sshd:
    """A server that lets `client_key` in as the user who runs the tests.

    `more`: further lines of its configuration. `within`: the command that runs it somewhere else, where it listens on
    every address and is reached at `address`.
    """

    def __init__(
        self, folder: Path, client_key: Path, *, more: str = "", address: str = "127.0.0.1", within: Sequence[str] = ()
    ) -> None:
        self.folder, self.user, self.port = folder, getpass.getuser(), _free_port()
        self.address, self.within = address, within
        folder.mkdir()
        self.new_host_keys()
        shutil.copy(f"{client_key}.pub", folder / "authorized_keys")
        (folder / "shell").write_text(SHELL)
        (folder / "shell").chmod(0o755)
        listens = "0.0.0.0" if within else address
        config = CONFIG.format(folder=folder, port=self.port, user=self.user, address=listens, more=more)
        (folder / "config").write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Sshd:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def new_host_keys(self) -> None:
        """Become another machine, from the next start on."""
        for kind in ("ed25519", "ecdsa"):
            make_key(self.folder / f"host-{kind}", kind)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its ed25519 key, as ssh-keygen tells it."""
        command = ["ssh-keygen", "-lf", str(self.folder / "host-ed25519.pub")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[1]

    @property
    def log(self) -> str:
        """What the server has logged."""
        return (self.folder / "log").read_text()

    def start(self) -> None:
        """Listen; AssertionError with its log when it does not within some seconds."""
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        arguments = ["-D", "-f", str(self.folder / "config"), "-E", str(self.folder / "log"), "-o", "LogLevel=DEBUG1"]
        self._process = subprocess.Popen([*self.within, _sshd(), *arguments])
        end = time.monotonic() + 10
        while not _listens(self.address, self.port):
            assert time.monotonic() < end, self.log
            time.sleep(0.02)

    def cut(self) -> None:
        """Kill every open session, as if the machine had died."""
        self._signal_sessions(signal.SIGKILL)

    def freeze(self) -> None:
        """Let every open session say nothing more."""
        self._signal_sessions(signal.SIGSTOP)

    def _signal_sessions(self, number: signal.Signals) -> None:
        assert self._process is not None
        for child in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if child.name().startswith("sshd"):
                    child.send_signal(number)

    def stop(self) -> None:
        """End it with all its sessions."""
        if self._process is not None:
            self.cut()
            self._process.terminate()
            self._process.wait(10)
            self._process = None


def make_key(path: Path, kind: str = "ed25519") -> None:
    """Make a key pair without a passphrase, in place of what is there."""
    path.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)], check=True)


def _sshd() -> str:
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _listens(address: str, port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((address, port)) == 0
