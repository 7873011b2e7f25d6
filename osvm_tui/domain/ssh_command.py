"""The command of OpenSSH's client for one login: complete, so that what is shown is what happens. Pure.

The user's own ssh_config is left out (`-F none`): it could change user, way and host keys behind the operator's back.
Host keys are looked up under the VM's id, for addresses of tenants' networks overlap and floating IPs move.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from osvm_tui.domain.errors import GuestError
from osvm_tui.domain.guest import Hop, Login, is_alias, is_user, plain_address


def ssh_command(login: Login, address: str, known_as: str, known_hosts: str) -> tuple[str, ...]:
    """Return the command that opens a shell in the guest, as arguments.

    Raises GuestError for a value that ssh or a shell could take for something else.
    """
    if plain_address(address) != address:
        raise GuestError(f"{address!r} is not an IP address")
    if not is_alias(known_as):
        raise GuestError(f"{known_as!r} is not a VM's id")
    options = [*_options(login, known_hosts), "-o", f"HostKeyAlias={known_as}"]
    if login.bastion:
        options += ["-o", f"ProxyCommand={_through(login, login.bastion, known_hosts)}"]
    return ("ssh", *options, *_to(Hop(address, login.port, login.user)))


def with_words(command: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """Return a command that has the guest's shell run `words`, none opens a shell; a `--` before them is dropped.

    They go as the one text that ssh would make of them, never as arguments that ssh could take for options of its own:
    before OpenSSH 9 it looked for those behind the host, too. A space in front is nothing to the guest's shell.
    """
    text = " ".join(words[1:] if words and words[0] == "--" else words)
    return (*command, f" {text}" if text.startswith("-") else text) if text else tuple(command)


def _through(login: Login, bastion: Hop, known_hosts: str) -> str:
    """Return the command that connects to the guest through the bastion.

    `-J` would not do: ssh hands none of our options on to the jump.
    """
    options = [_percent(word) for word in _options(login, known_hosts)]
    return shlex.join(["ssh", *options, "-W", "[%h]:%p", *_to(bastion)])


def _to(hop: Hop) -> list[str]:
    if hop.user and not is_user(hop.user):
        raise GuestError(f"{hop.user!r} is not a user name")
    return [*(["-l", hop.user] if hop.user else []), "-p", str(hop.port), "--", hop.host]


def _options(login: Login, known_hosts: str) -> list[str]:
    settings = {
        "UserKnownHostsFile": _path(known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "CheckHostIP": "no",
        "ConnectTimeout": "15",
        "ServerAliveInterval": "15",
    }
    if not login.agent:
        settings["IdentityAgent"] = "none"
    if login.key_file:
        settings["IdentitiesOnly"] = "yes"
    words = ["-F", "none"]
    for name, value in settings.items():
        words += ["-o", f"{name}={value}"]
    return [*words, "-i", _percent(login.key_file)] if login.key_file else words


def _path(text: str) -> str:
    """Return a path as an option takes it: words are split at spaces, `%` and `${` begin what ssh fills in."""
    if any(sign in text for sign in ('"', "${", "\n", "\\")):
        raise GuestError(f"ssh cannot be given a path like {text}", hint="use another state_dir")
    return f'"{_percent(text)}"' if " " in text else _percent(text)


def _percent(text: str) -> str:
    return text.replace("%", "%%")
