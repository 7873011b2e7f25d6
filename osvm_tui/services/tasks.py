"""Ending background tasks: cancel, wait, and never longer than leaving the console may take."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

_log = logging.getLogger("osvm.console")
_PATIENCE_S = 5.0


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel `tasks` and return when they have ended; one that does not is logged and left behind."""
    running = {task for task in tasks if not task.done()}
    for task in running:
        task.cancel()
    if not running:
        return
    _, left = await asyncio.wait(running, timeout=_PATIENCE_S)
    for task in left:
        _log.error("a task did not end", extra={"task": task.get_name()})
