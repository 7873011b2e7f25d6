"""`KnownHosts`: the known-hosts file in the state directory: 0600, written whole by rename, one writer at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from osvm_tui.domain.errors import GuestError
from osvm_tui.domain.known_hosts import HostKey, keys_of, with_keys, without


class KnownHosts:
    """One file in OpenSSH's format, ours alone, and a copy of it in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = ""
        self._state: tuple[int, ...] = ()
        self._found: dict[str, tuple[HostKey, ...]] = {}

    def accepted(self, name: str) -> tuple[HostKey, ...]:
        """Return the accepted keys of the host that ssh looks up as `name`, as last read; touches no disk."""
        # Asked before every sample of every VM; the file has some lines for each of them.
        if name not in self._found:
            self._found[name] = keys_of(self._text, name)
        return self._found[name]

    def reread(self) -> None:
        """Read the file if it is another one than was read last; one that cannot be read holds no keys."""
        try:
            found = self.path.stat()
            state = (found.st_mtime_ns, found.st_ino, found.st_size)
            if state != self._state:
                self._text, self._state, self._found = self._read(), state, {}
        except OSError:
            self._text, self._state, self._found = "", (), {}

    def accept(self, keys: Sequence[HostKey], remark: str) -> None:
        """Add keys; GuestError when the file cannot be written."""
        with self._writing():
            self._write(with_keys(self._read(), keys, remark))
        self.reread()

    def forget(self, name: str) -> tuple[HostKey, ...]:
        """Take the keys of one host out and return them; GuestError when the file cannot be written."""
        with self._writing():
            text = self._read()
            found = keys_of(text, name)
            if found:
                self._write(without(text, name))
        self.reread()
        return found

    def _read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return ""

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep other consoles on this state directory from writing between our reading and our writing."""
        try:
            with open(self.path.with_name(f"{self.path.name}.lock"), "w") as lock:
                os.chmod(lock.fileno(), 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise GuestError(f"{self.path} cannot be written: {error.strerror}") from None

    def _write(self, text: str) -> None:
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(text.encode("utf-8", errors="surrogateescape"))
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self.path)
        finally:
            fresh.unlink(missing_ok=True)
