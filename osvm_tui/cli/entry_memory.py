"""What clouds.yaml said last time: the names in it, and which entries log in without asking for anything.

Reading it through the SDK's loader costs about as much as the whole first picture, so its answers are kept as long as
no file and no variable that the loader reads has changed. Holds no value of any credential.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import platformdirs
from msgspec import Struct

from osvm_tui.paths import private_dir

_TOLD_BY_VALUE = ("OS_CLIENT_", "OS_CLOUD", "OS_AUTH_TYPE", "OS_AUTH_URL", "OS_REGION_NAME", "OS_CLOUD_NAME")
"""Variables whose value counts; of the others, passwords among them, only that they are set."""


class _Kept(Struct):
    fingerprint: str = ""
    names: tuple[str, ...] | None = None
    silent: tuple[str, ...] = ()


class EntryMemory:
    """The answers of the SDK's loader for one state of files and variables."""

    def __init__(self, file: Path, environ: Mapping[str, str]) -> None:
        self._file = file
        fingerprint = _fingerprint(environ)
        kept = _read(file)
        self._kept = kept if kept.fingerprint == fingerprint else _Kept(fingerprint)

    def names(self, ask: Callable[[], Sequence[str]]) -> tuple[str, ...]:
        """Return the names in clouds.yaml, from `ask` when they are not known."""
        if self._kept.names is None:
            self._kept.names = tuple(ask())
            self._write()
        return self._kept.names

    def silent(self, entry: str) -> bool:
        """Whether this entry is known to need no answer."""
        return entry in self._kept.silent

    def note_silent(self, entry: str) -> None:
        """Remember that this entry needs no answer."""
        self._kept.silent = (*self._kept.silent, entry)
        self._write()

    def _write(self) -> None:
        try:
            private_dir(self._file.parent)
            self._file.write_bytes(msgspec.json.encode(self._kept))
        except OSError:
            return


def watched_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield every file whose appearing, vanishing or changing may change what the loader says."""
    for name in ("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLIENT_VENDOR_FILE"):
        if named := environ.get(name):
            yield Path(named)
    own = platformdirs.user_config_path("openstack"), Path.home() / ".config" / "openstack"
    site = platformdirs.PlatformDirs("openstack", "OpenStack", multipath=True).site_config_dir.split(os.pathsep)
    for folder in (Path.cwd(), *own, *map(Path, site), Path("/etc/openstack")):
        for stem in ("clouds", "secure", "clouds-public"):
            for ending in ("yaml", "yml", "json"):
                yield folder / f"{stem}.{ending}"


def _fingerprint(environ: Mapping[str, str]) -> str:
    told = [f"{path}:{_stamp(path)}" for path in watched_files(environ)]
    for name in sorted(environ):
        if name.startswith("OS_"):
            told.append(f"{name}={environ[name] if name.startswith(_TOLD_BY_VALUE) else ''}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return "-"
    return f"{found.st_mtime_ns}:{found.st_size}:{found.st_ino}"


def _read(file: Path) -> _Kept:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return _Kept()
