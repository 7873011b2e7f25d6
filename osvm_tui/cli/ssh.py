"""`osvm ssh`: a shell or a command in a guest, by the same route, host keys and audit as the console's key `s`."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import click

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch, cloud_options
from osvm_tui.cli.session import headless
from osvm_tui.domain.errors import GuestError, OsvmError, Refused
from osvm_tui.domain.ssh_command import with_words
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.console import Console
from osvm_tui.services.guests_api import GuestRoute, HostKey

_FAILED = 255
"""What OpenSSH's client answers when it is ssh that failed, not the command in the guest."""


class _Ssh(click.Command):
    """`osvm ssh NAME [COMMAND]`, with `osvm ssh forget NAME` beside it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Take `forget` with something behind it as the other command; a VM of that name has its id."""
        context = super().make_context(info_name, args, parent, **extra)
        if context.params["name"] == "forget" and context.params["words"]:
            return forget.make_context("forget", list(context.params["words"]), parent, **extra)
        return context


@click.command("ssh", cls=_Ssh, context_settings={"allow_interspersed_args": False})
@click.option("--print", "only_print", is_flag=True, help="Print the ssh command instead of running it.")
@click.option(
    "--accept",
    "accepted",
    multiple=True,
    metavar="FINGERPRINT",
    help="Accept the host key with this SHA256:... fingerprint; may be repeated.",
)
@cloud_options
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[COMMAND...]", type=click.UNPROCESSED)
@click.pass_obj
def ssh(launch: Launch, only_print: bool, accepted: tuple[str, ...], name: str, words: tuple[str, ...]) -> int:
    """Log in to a guest, or run a command there; the exit code is ssh's.

    Options stand before NAME; whatever stands behind it is run by the guest.
    User, key, bastion and address come from the [[ssh]] rules of the settings.
    `osvm ssh forget NAME` forgets the accepted host key of a VM, with --bastion that of the bastion before it.
    """
    code = [int(Exit.DONE)]

    async def work(console: Console) -> None:
        ref = console.find(name).ref
        await console.guests.prepare(ref)
        route = console.guests.route(ref)
        if only_print:
            click.echo(shlex.join(with_words(_must(route).command, words)))
            return
        code[0] = await _log_in(console, route, accepted, words)

    return headless(launch, work) or code[0]


@click.command()
@click.option("--bastion", is_flag=True, help="The key of the bastion before it instead.")
@cloud_options
@click.argument("name")
@click.pass_obj
def forget(launch: Launch, bastion: bool, name: str) -> Exit:
    """Forget the accepted host keys of a VM."""

    async def work(console: Console) -> None:
        ref = console.find(name).ref
        await console.guests.prepare(ref)
        gone = await console.guests.forget(ref, bastion=bastion)
        for key in gone:
            click.echo(f"forgotten: {key.type} {key.fingerprint}")
        if not gone:
            click.echo("no host key was accepted yet", err=True)

    return headless(launch, work)


def _must(route: GuestRoute) -> GuestRoute:
    if not route.command:
        raise Refused(route.refusal)
    return route


async def _log_in(console: Console, route: GuestRoute, accepted: tuple[str, ...], words: tuple[str, ...]) -> int:
    from osvm_tui.ui.terminal_job import run_in_foreground

    guests = console.guests
    if route.refusal:
        await guests.note(route, "refused", route.refusal)
        raise Refused(route.refusal)
    through = f" through {route.bastion}" if route.bastion else ""
    click.echo(f"{route.vm_name}: {route.address} port {route.port}{through} ({route.why})", err=True)
    while not route.known:
        keys = await guests.host_keys(route)
        await guests.accept(route, _accepted(route, keys, accepted))
        route = guests.route(route.ref)
    await guests.note(route, "begun")
    try:
        ended = await run_in_foreground(with_words(route.command, words))
    except FileNotFoundError:
        raise GuestError("there is no ssh on this machine", hint="install OpenSSH's client") from None
    await guests.note(route, "ended", f"with {ended.status} after {ended.seconds:.0f} s")
    if ended.status == _FAILED and any("Host key verification failed" in line for line in ended.errors):
        await _tell_changed_key(console, route.ref)
    return ended.status


async def _tell_changed_key(console: Console, ref: VmRef) -> None:
    """Raise HostKeyChanged with both fingerprints, as far as the machine shows its key to us too."""
    await console.guests.host_keys(console.guests.route(ref))


def _accepted(route: GuestRoute, keys: tuple[HostKey, ...], fingerprints: tuple[str, ...]) -> tuple[HostKey, ...]:
    """Return the keys that the operator accepts: by fingerprint, or by typing yes on a terminal; Refused otherwise."""
    click.echo(f"{route.unknown} is not known yet; it shows", err=True)
    for key in keys:
        click.echo(f"  {key.type}  {key.fingerprint}", err=True)
    named = tuple(key for key in keys if key.fingerprint in fingerprints)
    if named:
        return named
    if fingerprints or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise _unaccepted(route)
    if click.prompt("type yes to accept these keys", default="no", err=True) != "yes":
        raise _unaccepted(route)
    return keys


def _unaccepted(route: GuestRoute) -> OsvmError:
    return Refused(
        f"no host key of {route.unknown} was accepted; nothing was sent to it",
        hint="compare the fingerprint, then give it with --accept",
    )
