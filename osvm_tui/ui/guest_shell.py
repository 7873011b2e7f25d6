"""From `s` to a shell in the guest and back: route, host keys, the terminal to ssh, and how it ended.

Decides no rule: the route and its refusals come from `GuestsApi`. Keeps nothing of what is typed or shown in between.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from osvm_tui.domain.errors import GuestError, OsvmError, Refused
from osvm_tui.ui.printable import printable

if TYPE_CHECKING:
    from textual.app import App

    from osvm_tui.domain.vm import VmRef
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.services.guests_api import GuestRoute
    from osvm_tui.ui.action_flow import ActionTargets
    from osvm_tui.ui.key_order import KeysInOrder
    from osvm_tui.ui.terminal_job import Ended

DEAF_S = 0.5
"""How long input is dropped after a shell: what was typed into a dead ssh must not become our keys."""
_SSH_FAILED = 255
_UNVERIFIED = "Host key verification failed"
"""What ssh says last when the key is not the accepted one."""
_SHOWN_LINES = 3
_TROUBLE_S = 12.0
"""How long ssh's own words stand: the screen that they were on is gone."""


def begin_guest_shell(screen: ActionTargets, ref: VmRef) -> None:
    """Show the way into a guest, and take it when the operator says so; or refuse in words."""
    app, api, route = screen.app, screen.api, screen.api.guests.route(ref)
    if route.refusal:
        app.run_worker(_refused(screen, ref), group="guest-shell", exit_on_error=False)
    else:
        _show(app, api, route)


def copy_command(app: App[Any], api: ConsoleApi, ref: VmRef) -> None:
    """Copy the ssh command of a VM, once the names that rules ask for are read."""
    app.run_worker(_copy(app, api, ref), group="guest-shell", exit_on_error=False)


async def _copy(app: App[Any], api: ConsoleApi, ref: VmRef) -> None:
    await api.guests.prepare(ref)
    route = api.guests.route(ref)
    if route.command:
        app.copy_to_clipboard(shlex.join(route.command))
        app.notify(f"copied the ssh command: {route.user or 'login name'} at {route.address}", markup=False)
    else:
        app.notify(f"there is no ssh command: {route.refusal}", severity="warning", markup=False)


def _show(app: App[Any], api: ConsoleApi, route: GuestRoute) -> None:
    from osvm_tui.ui.dialogs.guest_route import GuestRouteDialog

    def chosen(taken: GuestRoute | None) -> None:
        if taken is not None:
            app.run_worker(_guest_shell(app, api, taken), group="guest-shell", exclusive=True, exit_on_error=False)

    app.push_screen(GuestRouteDialog(api, route), chosen)


async def _refused(screen: ActionTargets, ref: VmRef) -> None:
    """Say why not, unless a name that was not read yet changes it."""
    await screen.api.guests.prepare(ref)
    route = screen.api.guests.route(ref)
    if route.refusal:
        screen.refuse(route.refusal)
        await screen.api.guests.note(route, "refused", route.refusal)
    else:
        _show(screen.app, screen.api, route)


async def _guest_shell(app: App[Any], api: ConsoleApi, route: GuestRoute) -> None:
    try:
        known = await _with_known_keys(app, api, route)
        if known is None:
            return
        await api.guests.note(known, "begun")
        ended = await _hand_over(app, known)
        await api.guests.note(known, "ended", f"with {ended.status} after {ended.seconds:.0f} s")
        _tell(app, api, known, ended)
    except Refused as no:
        app.notify(f"refused: {no.detail}", severity="warning", markup=False)
    except OsvmError as error:
        from osvm_tui.ui.dialogs.error import ErrorDialog

        app.push_screen(ErrorDialog(error, doing=f"ssh {printable(route.vm_name)}"))


async def _with_known_keys(app: App[Any], api: ConsoleApi, route: GuestRoute) -> GuestRoute | None:
    """Let the operator accept the keys of whoever is not known yet: the bastion, then the VM; None when not."""
    from osvm_tui.ui.dialogs.host_keys import HostKeysDialog

    while not route.known:
        keys = await app.push_screen_wait(HostKeysDialog(api, route))
        if not keys:
            return None
        await api.guests.accept(route, keys)
        route = api.guests.route(route.ref)
    return route


async def _hand_over(app: App[Any], route: GuestRoute) -> Ended:
    """Give the terminal to ssh until it ends, and take it back; the services go on all the while."""
    from osvm_tui.ui.terminal_job import keys_for_another, run_in_foreground

    try:
        # Textual's writer is gone while it is suspended: without the batch the loop would block on its full queue.
        with keys_for_another(), app.batch_update(), app.suspend():
            ended = await run_in_foreground(route.command)
    except SuspendNotSupported:
        raise GuestError("this terminal cannot be handed over", hint="c s copies the ssh command") from None
    except FileNotFoundError:
        raise GuestError("there is no ssh on this machine", hint="install OpenSSH's client") from None
    finally:
        _drop_input(app)
        app.screen.refresh(layout=True)
    return ended


def _drop_input(app: App[Any]) -> None:
    keys: KeysInOrder = app  # type: ignore[assignment]
    keys.drop_input_for(DEAF_S)


def _tell(app: App[Any], api: ConsoleApi, route: GuestRoute, ended: Ended) -> None:
    text = how_it_ended(route.vm_name, ended)
    if ended.status != _SSH_FAILED:
        app.notify(text, markup=False)
        return
    app.notify(text, severity="error", timeout=_TROUBLE_S, markup=False)
    if any(_UNVERIFIED in line for line in ended.errors):
        from osvm_tui.ui.dialogs.host_keys import HostKeysDialog

        # It asks the machine again, and shows the key beside the one that was accepted.
        app.push_screen(HostKeysDialog(api, route))


def how_it_ended(vm_name: str, ended: Ended) -> str:
    """Return one sentence; ssh's own last lines when it is ssh that failed."""
    name = printable(vm_name)
    if ended.status == 0:
        return f"ssh {name}: ended"
    lines = ended.errors[-_SHOWN_LINES:] if ended.status == _SSH_FAILED else ()
    return f"ssh {name}: ended with {ended.status}" + (f": {printable('; '.join(lines))}" if lines else "")
