"""`held`: lets each state of one VM last a while in the lab's database, so that a reading of its API catches it.

The lab's hypervisor has nothing to do, and most of its steps are over before a question is answered. Knows of the lab
only its database: Nova is neither configured nor told, its writes of a new state take longer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_NAME = "osvm_fidelity_hold"
_HOLD = """
CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE ON instances FOR EACH ROW
IF OLD.display_name LIKE '{prefix}%' AND NOT
   (NEW.vm_state <=> OLD.vm_state AND NEW.task_state <=> OLD.task_state AND NEW.deleted <=> OLD.deleted)
THEN DO SLEEP({seconds}); END IF
"""
"""The writer waits before its state is seen, and so the one before it lasts; readers do not wait."""


@asynccontextmanager
async def held(lab: Path, prefix: str, seconds: float) -> AsyncIterator[None]:
    """Inside, each state of VMs whose name begins with `prefix` lasts `seconds` or longer."""
    await _ask(lab, _HOLD.format(name=_NAME, prefix=prefix, seconds=seconds))
    try:
        yield
    finally:
        await _ask(lab, f"DROP TRIGGER IF EXISTS {_NAME}")


async def _ask(lab: Path, statement: str) -> None:
    client = ("mariadb", "--no-defaults", f"--socket={lab / 'run' / 'mysql.sock'}", "--user=root", "nova")
    asked = await asyncio.create_subprocess_exec(*client, "--delimiter=$$", "-e", statement)
    assert await asked.wait() == 0, "the lab's database does not answer"
