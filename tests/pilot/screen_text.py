"""The text on a console's screen, and waiting until the console has nothing left to do."""

from __future__ import annotations

from textual.app import App
from textual.pilot import Pilot


def screen_text(app: App[None]) -> str:
    """Return the screen's characters, line by line."""
    return "\n".join("".join(segment.text for segment in line) for line in app.screen._compositor.render_strips())


async def settled(pilot: Pilot[None]) -> None:
    """Wait until messages, workers and the timers of coalesced pictures have run."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause(0.06)
