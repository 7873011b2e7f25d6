"""`WatchedFiles`: the TOML files that a setting names, read again when they change; knows nothing of what they say.

A file with a mistake gives one sentence, and what was last good of it still holds. Everything here blocks: call it in a
thread.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar


class Told(Protocol):
    """What a file says, with its mistakes."""

    @property
    def mistakes(self) -> Sequence[object]:
        """Each a sentence with line and key, as `str` gives it."""


T = TypeVar("T", bound=Told)
_Stamp = tuple[tuple[str, int, int], ...]


class WatchedFiles(Generic[T]):
    """Files by name, relative to the settings' file; names may hold `*`. Those of `usual` need not exist."""

    def __init__(
        self,
        config_file: Path,
        names: tuple[str, ...],
        usual: tuple[str, ...],
        read: Callable[[str], T],
        nothing: T,
        together: Callable[[Mapping[Path, T]], Mapping[Path, str]] = lambda _: {},
    ) -> None:
        """`together` tells which files are wrong beside the others, each with one sentence."""
        self._config, self._names, self._needed = config_file, names, names != usual
        self._read, self._nothing, self._together = read, nothing, together
        self._stamp: _Stamp | None = None
        self.texts: dict[Path, T] = {}
        """What each file says, or last said without a mistake."""
        self.problems: tuple[str, ...] = ()
        """One sentence for each file that is not as it should be."""

    def changed(self) -> bool:
        """Read all files if any has changed since the last call; return whether. The first call always reads."""
        files = self._files()
        stamp = tuple(_stamp(file) for file in files)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        problems: dict[Path, str] = {}
        texts: dict[Path, T] = {}
        for file in files:
            texts[file], problem = self._one(file)
            if problem:
                problems[file] = problem
                texts[file] = self.texts.get(file, self._nothing)
        while wrong := {file: why for file, why in self._together(texts).items() if file not in problems}:
            problems |= wrong
            texts |= {file: self.texts.get(file, self._nothing) for file in wrong}
        self.texts, self.problems = texts, tuple(problems[file] for file in files if file in problems)
        return True

    def _files(self) -> list[Path]:
        found: list[Path] = []
        for name in self._names:
            path = self._config.parent / Path(name).expanduser()
            found += sorted(map(Path, glob.glob(str(path)))) if glob.has_magic(str(path)) else [path]
        return list(dict.fromkeys(found))

    def _one(self, file: Path) -> tuple[T, str]:
        # A file that was there and is gone says nothing; one that was never there is a mistake if it is named.
        if not self._needed and not file.exists():
            return self._nothing, ""
        text, problem = file_text(file)
        if problem:
            return self._nothing, f"{file}: {problem}"
        found = self._read(text)
        if not found.mistakes:
            return found, ""
        more = len(found.mistakes) - 1
        return found, f"{file}, {found.mistakes[0]}" + (f" (and {more} more)" if more else "")


def file_text(file: Path) -> tuple[str, str]:
    """Return (text, why there is none)."""
    try:
        return file.read_text(encoding="utf-8"), ""
    except FileNotFoundError:
        return "", "there is no such file"
    except (OSError, UnicodeDecodeError) as error:
        return "", f"cannot be read: {error}"


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        told = file.stat()
    except OSError:
        return str(file), 0, -1
    return str(file), told.st_mtime_ns, told.st_size
