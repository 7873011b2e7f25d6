"""Where guests live: real sshds, in network namespaces where this machine allows it, and hosts that drop packets.

Knows no test. In a namespace one server answers on a whole range of addresses; what is sent to the next range is
dropped there without a word, as a firewall or a dead host does. Without namespaces a dead host is a port whose queue
of connections is full: the kernel drops what comes.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shutil
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from osvm_tui.domain.guest import Hop, Login
from osvm_tui.domain.vm import Vm
from osvm_tui.probe.host_keys import SshHostKeys
from osvm_tui.probe.known_hosts import KnownHosts
from osvm_tui.probe.probe import Target
from tests.e2e.sshd import Sshd, make_key

MANY = "SetEnv HOME={folder}\nMaxStartups 1000\n"
"""A home without start-up files of a shell, and no fewer logins at one time than machines of their own would take."""


LEAVING = 160
"""Guests from this number on may vanish."""


class Field(ABC):
    """Guests of one operator, with a key that lets in everywhere."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, folder / "id"
        make_key(self.key)
        self.keys = SshHostKeys(folder / "known_hosts")
        self.servers: list[Sshd] = []

    @abstractmethod
    def live(self, number: int) -> tuple[str, int]:
        """Return address and port of a guest that answers."""

    @abstractmethod
    def dead(self, number: int) -> tuple[str, int]:
        """Return address and port of one that drops packets."""

    @abstractmethod
    def vanish(self, number: int) -> None:
        """Let a guest from LEAVING on, that we are logged in to, say nothing from now on."""

    def target(self, number: int, *, dead: bool = False) -> Target:
        """Return a guest as a VM with a login."""
        address, port = self.dead(number) if dead else self.live(number)
        name = f"{'dead' if dead else 'live'}-{number}"
        login = Login(user=self.servers[0].user, key_file=str(self.key), port=port)
        vm = Vm(endpoint="test", id=name, name=name, status="ACTIVE", vm_state="active")
        return Target(vm=vm, entry="test", address=address, login=login, host_name=name)

    def accept(self, *targets: Target, shown_by: Target | None = None) -> None:
        """Accept the host keys of guests; those of dead ones are as `shown_by` shows them."""
        text = []
        for target in targets:
            shown = self._shown(shown_by or target)
            text += [line.replace(line.split()[0], target.host_name, 1) for line in shown]
        known = KnownHosts(Path(self.keys.file))
        with open(known.path, "a") as file:
            file.write("".join(f"{line}\n" for line in text))
        self.keys.reread()

    def _shown(self, target: Target) -> list[str]:
        server = next(one for one in self.servers if target.login is not None and one.port == target.login.port)
        found = getattr(server, "shown", None)
        if found is None:
            hop = Hop(target.address, server.port)
            found = [key.line for key in asyncio.run(self.keys.shown(hop, "any", Login()))]
            server.shown = found  # type: ignore[attr-defined]
        return list(found)


class Namespaces(Field):
    """A server in each of some namespaces, which answers on 198.18.N.0/25 and drops what comes for the rest.

    198.18.0.0/15 is for such tests (RFC 2544); the networks are ones that no other run on this machine has taken.
    """

    def __init__(self, folder: Path, count: int = 3) -> None:
        super().__init__(folder)
        routes = subprocess.run(["ip", "-4", "route"], capture_output=True, text=True, check=True).stdout
        free = [number for number in range(128) if f"198.18.{number}.0/24" not in routes]
        self.networks = free[:count]
        self.names = [f"osvm-{os.getpid()}-{number}" for number in self.networks]

    def live(self, number: int) -> tuple[str, int]:
        here, index = number % len(self.names), number // len(self.names)
        return f"198.18.{self.networks[here]}.{8 + index}", self.servers[here].port

    def dead(self, number: int) -> tuple[str, int]:
        here, index = number % len(self.names), number // len(self.names)
        return f"198.18.{self.networks[here]}.{128 + index}", self.servers[here].port

    def vanish(self, number: int) -> None:
        address, _ = self.live(number)
        _run("ip", "-n", self.names[number % len(self.names)], "route", "add", "blackhole", address, "table", "local")

    @contextmanager
    def built(self) -> Iterator[None]:
        """Make namespaces and servers, and take them away."""
        with ExitStack() as stack:
            for number, name in zip(self.networks, self.names, strict=True):
                self._namespace(stack, number, name)
                folder = self.folder / name
                more = MANY.format(folder=folder)
                server = Sshd(
                    folder, self.key, more=more, address=f"198.18.{number}.8", within=["ip", "netns", "exec", name]
                )  # fmt: skip
                self.servers.append(stack.enter_context(server))
            yield

    def _namespace(self, stack: ExitStack, number: int, name: str) -> None:
        outer, inner = f"ov{os.getpid() % 10000}-{number}a", f"ov{os.getpid() % 10000}-{number}b"
        ours = ipaddress.ip_address("198.18.128.0") + 4 * number
        _run("ip", "netns", "add", name)
        stack.callback(_run, "ip", "netns", "del", name)
        _run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
        stack.callback(subprocess.run, ["ip", "link", "del", outer], capture_output=True, check=False)
        _run("ip", "addr", "add", f"{ours + 1}/30", "dev", outer)
        _run("ip", "link", "set", outer, "up")
        _run("ip", "-n", name, "addr", "add", f"{ours + 2}/30", "dev", inner)
        _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "-n", name, "link", "set", inner, "up")
        _run("ip", "-n", name, "route", "add", "local", f"198.18.{number}.0/25", "dev", "lo")
        _run("ip", "route", "add", f"198.18.{number}.0/24", "via", f"{ours + 2}")


class Loopback(Field):
    """Two servers on loopback, one of which may fall silent, and ports that are full."""

    def live(self, number: int) -> tuple[str, int]:
        return "127.0.0.1", self.servers[number >= LEAVING].port

    def dead(self, number: int) -> tuple[str, int]:
        return "127.0.0.1", self._full[number]

    def vanish(self, number: int) -> None:
        self.servers[1].freeze()

    @contextmanager
    def built(self, dead: int = 0) -> Iterator[None]:
        """Start the servers and fill the ports."""
        with ExitStack() as stack:
            for name in ("guest", "leaving"):
                folder = self.folder / name
                self.servers.append(stack.enter_context(Sshd(folder, self.key, more=MANY.format(folder=folder))))
            self._full = [_full_port(stack) for _ in range(dead)]
            yield


def namespaces_missing() -> str:
    """Return why there can be no namespaces here, empty when there can."""
    if not shutil.which("ip"):
        return "iproute2 is not installed"
    name = f"osvm-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return made.stderr.strip()
    link = ["ip", "link", "add", f"ovp{os.getpid() % 10000}", "type", "veth", "peer", "name", "x", "netns", name]
    linked = subprocess.run(link, capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", name], check=True)
    return linked.stderr.strip() if linked.returncode else ""


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _full_port(stack: ExitStack) -> int:
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address = listener.getsockname()
    for _ in range(3):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(address)
    return int(address[1])
