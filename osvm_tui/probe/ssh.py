"""`SshProbe`: metrics of a Linux guest by SSH, without an agent in it: kept connections, one command for each sample.

A host key is never accepted here. Machines that fail wait, and cost the others nothing: silent ones are waited for on
the event loop, those that hang give up their turn. Knows the rules' outcome (`Login`), no rules.
"""

from __future__ import annotations

import asyncio
import getpass
import math
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from osvm_tui.domain.errors import GuestError, ProbeError, ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.guest import Hop, Login
from osvm_tui.domain.known_hosts import HostKey
from osvm_tui.domain.metrics import Reading, Source
from osvm_tui.domain.vm import VmRef
from osvm_tui.probe.base import FORGET, FORGET_BASTION, HostKeys
from osvm_tui.probe.crew import Crew
from osvm_tui.probe.dial import dial
from osvm_tui.probe.guest_text import COMMAND, parse_guest
from osvm_tui.probe.private_keys import PrivateKeys
from osvm_tui.probe.probe import Probe, Target
from osvm_tui.probe.ssh_line import Host, Line, LineLost, Waits, cut, log_in
from osvm_tui.probe.ssh_places import Place, Places

T = TypeVar("T")

NOT_ACCEPTED = "host key not accepted yet"
"""What is told of a VM that no one has looked at the key of."""
_REREAD_S = 5.0


class SshLimits(Struct, frozen=True, kw_only=True):
    """What bounds the probe. `turns` logins and samples run at one time, `connections` are kept between samples."""

    connections: int = 200
    threads: int = 64
    turns: int = 8
    connect_s: float = 5.0
    """To connect and hear the first byte."""
    idle_s: float = 180.0
    """A connection that was not used for so long is closed."""
    reply_bytes: int = 256 * 1024
    waits: Waits = Waits()

    @property
    def words(self) -> str:
        """What bounds it, for people."""
        return f"at most {self.connections} connections, {self.turns} samples at one time, {self.threads} threads"


class Route(Struct, frozen=True):
    """The way to one guest, and the host keys that were accepted on it; another one means another connection."""

    address: str
    login: Login
    host: Host
    beyond: tuple[HostKey, ...]
    """Of the bastion."""


class SshProbe(Probe):
    """Reads guests by the accepted keys of `keys`; `also`: interfaces to count beside the physical ones (`lo`)."""

    source = Source.SSH

    def __init__(
        self,
        keys: HostKeys,
        limits: SshLimits = SshLimits(),  # noqa: B008 (frozen)
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
        also: Collection[str] = (),
    ) -> None:
        self._keys, self.limits, self._now, self._steady, self._also = keys, limits, now, steady, also
        self._private = PrivateKeys()
        self._crew = Crew(limits.threads, limits.turns, "ssh-probe")
        self._places: Places[VmRef] = Places(limits.connections, limits.idle_s)
        self._bastions: Places[tuple[Hop, Login]] = Places(limits.connections, limits.idle_s)
        self._sweeping: asyncio.TimerHandle | None = None
        self._rereading, self._reread_at = asyncio.Lock(), -math.inf
        self._closed = False

    @property
    def connections(self) -> int:
        """How many are open, those to bastions among them."""
        return self._places.open + self._bastions.open

    async def read(self, target: Target) -> Reading:
        """Read one guest; as `Probe.read`.

        A guest that failed is not tried again for a while: the same error is raised at once, until its accepted host
        keys or its login are others.
        """
        login = self._login(target)
        place = self._places.at(target.vm.ref)
        async with place.lock:
            await self._reread_keys()
            route = self._route(target, login, place)
            place.meant_for(route)
            place.backoff.check(self._steady(), route)
            try:
                reading = await self._read(route, place)
            except BaseException as error:
                place.drop()
                if isinstance(error, ProbeError | GuestError):
                    place.backoff.failed(error, self._steady(), route)
                raise
            place.backoff.worked()
        self._places.keep(place, self._steady())
        self._sweep_later()
        return reading

    async def _reread_keys(self) -> None:
        """Take up now and then what other consoles have accepted or forgotten."""
        if self._steady() - self._reread_at < _REREAD_S:
            return
        async with self._rereading:
            if self._steady() - self._reread_at >= _REREAD_S:
                with suppress(TimeoutError):
                    await self._crew.run(self._keys.reread, _REREAD_S, lambda: None)
                self._reread_at = self._steady()

    def _login(self, target: Target) -> Login:
        """Return how to log in; ProbeUnfit where that is not known."""
        login = target.login
        if self._closed:
            raise ProbeFailed("the console ends")
        if login is None:
            raise ProbeUnfit("no login rule")
        if not target.address or not target.host_name:
            raise ProbeUnfit("no address to reach it at")
        if not login.key_file and not login.agent:
            raise ProbeUnfit("no key: its login rule names no key_file and no agent")
        return login

    def _route(self, target: Target, login: Login, place: Place) -> Route:
        """Return the way to a guest; ProbeNotPermitted while a host key on it is not accepted."""
        accepted, words = self._keys.accepted(target.host_name), target.vm.name
        beyond = self._keys.accepted(login.bastion.known_as) if login.bastion else ()
        if not accepted or (login.bastion and not beyond):
            place.drop()
            whose = "" if beyond or not login.bastion else "bastion: "
            raise ProbeNotPermitted(f"{whose}{NOT_ACCEPTED}", hint="open a guest shell on it once, and look at its key")
        user = login.user or _own_name()
        host = Host(
            words=words, where=f"{user}@{target.address}:{login.port}", name=target.host_name, accepted=accepted,
            agent=login.agent, forget=FORGET.format(name=words), user=user,
        )  # fmt: skip
        return Route(target.address, login, host, beyond)

    async def _read(self, route: Route, place: Place) -> Reading:
        kept = place.line
        if kept is not None and kept.alive:
            with suppress(LineLost):
                return await self._sampled(kept)
        place.drop()
        if route.login.bastion is None:
            below: Any = await dial(route.address, route.login.port, self.limits.connect_s)
        else:
            below = await self._through(route, place)
        place.line, reading = await self._first(below, route)
        return reading

    async def _sampled(self, line: Line) -> Reading:
        waits = self.limits.waits
        try:
            return await self._crew.run(
                partial(self._sample, line), waits.channel_s + waits.command_s + 1, line.close
            )  # fmt: skip
        except TimeoutError:
            raise ProbeFailed("no answer") from None

    def _sample(self, line: Line) -> Reading:
        text = line.run(COMMAND, self.limits.waits, self.limits.reply_bytes).decode("utf-8", errors="replace")
        return parse_guest(text, self._now(), also=self._also)

    async def _first(self, below: Any, route: Route) -> tuple[Line, Reading]:
        """Log in and take the first sample in one turn, so that no more connections are open than threads at work."""
        waits = self.limits.waits

        def call() -> tuple[Line, Reading]:
            line = self._log_in(below, route.host, route.login)
            try:
                return line, self._sample(line)
            except BaseException:
                line.close()
                raise

        return await self._over(below, call, waits.login_in_s + waits.channel_s + waits.command_s)

    async def _over(self, below: Any, call: Callable[[], T], within_s: float) -> T:
        try:
            return await self._crew.run(call, within_s, partial(cut, below))
        except TimeoutError:
            raise ProbeFailed("no answer to the login") from None
        except BaseException:
            cut(below)
            raise

    def _private_key(self, login: Login) -> Any:
        try:
            return self._private.get(login)
        except GuestError as error:
            raise ProbeUnfit(error.detail, hint=error.hint) from None

    async def _through(self, route: Route, place: Place) -> Any:
        """Return a connection to a guest from its bastion; the line to the bastion is made once for all."""
        hop, login = route.login.bastion, Login(key_file=route.login.key_file, agent=route.login.agent)
        assert hop is not None, "whoever asks has one"
        place.over = self._bastions.at((hop, login))
        with suppress(LineLost):
            return await self._onward(place.over, hop, login, route)
        return await self._onward(place.over, hop, login, route)

    async def _onward(self, over: Place, hop: Hop, login: Login, route: Route) -> Any:
        async with over.lock:
            over.meant_for(route.beyond)
            line = over.line if over.line is not None and over.line.alive else None
            line = line or await self._bastion(over, hop, login, route.beyond)
        call = partial(line.onward, route.address, route.login.port, self.limits.waits)
        try:
            return await self._crew.run(call, self.limits.waits.channel_s + 1, lambda: None)
        except TimeoutError:
            raise ProbeFailed("no answer through the bastion") from None
        finally:
            over.used_at = self._steady()

    async def _bastion(self, place: Place, hop: Hop, login: Login, accepted: tuple[HostKey, ...]) -> Line:
        place.drop()
        place.backoff.check(self._steady(), accepted)
        host = Host(
            words=f"the bastion {hop}", where=str(hop), name=hop.known_as, accepted=accepted, agent=login.agent,
            forget=FORGET_BASTION, user=hop.user or _own_name(),
        )  # fmt: skip
        waits = self.limits.waits
        try:
            below = await dial(hop.host, hop.port, self.limits.connect_s)
            call = partial(self._log_in, below, host, login)
            place.line = await self._over(below, call, waits.login_in_s)
        except (ProbeError, GuestError) as error:
            told = type(error)(f"bastion: {error.detail}", hint=error.hint) if isinstance(error, ProbeError) else error
            place.backoff.failed(told, self._steady(), accepted)
            raise told from None
        place.backoff.worked()
        return place.line

    def _log_in(self, below: Any, host: Host, login: Login) -> Line:
        return log_in(below, host, self._private_key(login), self.limits.waits)

    def _sweep_later(self) -> None:
        if self._sweeping is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._sweeping = loop.call_later(max(0.05, self.limits.idle_s / 4), self._sweep)

    def _sweep(self) -> None:
        self._sweeping = None
        now = self._steady()
        self._places.sweep(now)
        self._bastions.sweep(now, used=self._places.over())
        if self._places or self._bastions:
            self._sweep_later()

    async def forget(self, ref: VmRef) -> None:
        """Close what is kept for a guest, and forget its failures."""
        self._places.remove(ref)

    async def close(self) -> None:
        """Close everything; what is under way fails."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._places.clear()
        self._bastions.clear()
        self._crew.close()


def _own_name() -> str:
    """Return the operator's login name, which ssh takes where nothing names a user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ProbeUnfit("no user: its login rule names none") from None
