"""Files that hold what was on screen: readable by their owner only, and never overwritten by accident."""

from __future__ import annotations

import os
from pathlib import Path


def write_new(path: Path, text: str) -> None:
    """Write `text` to a new file of mode 0600; raises FileExistsError when there is one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text)


def write_over(path: Path, text: str) -> None:
    """Put a file of mode 0600 with `text` in the place of the one that is there; that one stays whole on a failure."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    write_new(fresh, text)
    try:
        fresh.replace(path)
    except OSError:
        fresh.unlink()
        raise
