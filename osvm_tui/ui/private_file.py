"""Files that hold what was on screen: readable by their owner only, and never overwritten by accident."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_PATIENCE_S = 5.0


async def in_time(work: Callable[..., T], *given: object) -> T:
    """Return what `work(*given)` returns in a thread. Raises as it does, and TimeoutError when the disk is stuck.

    Awaited in a dialog's handler, not in a worker: the keys behind the one that saves wait until it is done.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *given))
    done, _ = await asyncio.wait({task}, timeout=_PATIENCE_S)
    if not done:
        raise TimeoutError(f"the disk has not answered for {_PATIENCE_S:.0f} s; look whether the file is there")
    return task.result()


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
