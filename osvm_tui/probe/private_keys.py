"""The operator's private keys, read from the files that the rules name, and words for what paramiko says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from osvm_tui.domain.errors import GuestError
from osvm_tui.domain.guest import Login

if TYPE_CHECKING:
    from paramiko import PKey


def private_key(login: Login) -> PKey | None:
    """Return the key of the rule; None where it names none, or where only the agent can use it.

    Raises GuestError for a file that cannot be read, that is no key, or whose passphrase nobody can be asked for.
    """
    import paramiko

    if not login.key_file:
        return None
    try:
        return paramiko.PKey.from_path(login.key_file)
    except (TypeError, paramiko.PasswordRequiredException):  # cryptography's and paramiko's word for a passphrase
        if login.agent:
            return None
        raise locked(login.key_file) from None
    except OSError as error:
        raise GuestError(f"the key {login.key_file} cannot be read: {words_of(error)}") from None
    except (ValueError, paramiko.SSHException, paramiko.UnknownKeyType) as error:
        raise GuestError(f"the key {login.key_file} is no private key: {words_of(error)}") from None


class PrivateKeys:
    """Keys that were read once, as long as their files stay as they are: deriving one costs milliseconds."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, bool], tuple[tuple[int, ...], PKey | None]] = {}

    def get(self, login: Login) -> PKey | None:
        """Return as `private_key`."""
        name, now = (login.key_file, login.agent), _signature(login.key_file)
        known = self._read.get(name)
        if known is None or known[0] != now or not now:
            known = self._read[name] = (now, private_key(login))
        return known[1]


def locked(key: str) -> GuestError:
    """Return the error of a key with a passphrase."""
    return GuestError(
        f"the key {key} has a passphrase",
        hint="load it into an agent (ssh-add) and set agent = true in the [[ssh]] rule",
    )


def words_of(error: BaseException) -> str:
    """Return what went wrong on a connection, on one line."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0] if str(error) else "the connection was closed"


def _signature(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
