"""Pictures of every place and dialog, compared with those that were looked at: `pytest --snapshot-update` renews them.

The fleet is seeded and the clock stands, so that a picture differs only when the console does.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.ui.widgets.vtable import VTable
from tests.pictures import PICTURES, Picture
from tests.pilot.desk import Desk
from tests.pilot.screen_text import screen_text, settled

Compare = Callable[..., bool]
_QUIET = 4
_LOOK_S = 0.03
"""So many looks, so far apart, at which nothing has moved."""
_ASKING = ("action", "send", "steer", "guest-shell")
"""Groups of workers that wait for a dialog's answer."""


@pytest.fixture(autouse=True)
def _one_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


def shown(picture: Picture, theme: str = "") -> tuple[Desk, Callable[[Pilot[None]], object]]:
    """Return the console and what brings it to the picture."""
    scene = picture.scene()

    async def walk(pilot: Pilot[None]) -> None:
        await settled(pilot)
        if scene.cursor is not None:
            pilot.app.screen.query_one(VTable).cursor_to(scene.cursor)
        for key in picture.keys:
            await pilot.press(key)
            if key == "enter":
                await _answered(pilot)  # what it sends or reads is in the picture, and not a matter of speed
        await _answered(pilot)

    return Desk(scene.api, options=replace(scene.options, theme=theme) if theme else scene.options), walk


async def _answered(pilot: Pilot[None]) -> None:
    """Wait until nothing has moved for a while: dialogs are loaded and lists are read behind the last key."""
    before, quiet = "", 0
    for _ in range(200):
        # A verb's worker waits for the dialog in the picture, and is not waited for.
        for worker in [worker for worker in pilot.app.workers if worker.group not in _ASKING]:
            await worker.wait()
        await pilot.pause(_LOOK_S)
        now = f"{pilot.app.screen_stack} {pilot.app.focused} {screen_text(pilot.app)}"
        tables = [table for screen in pilot.app.screen_stack for table in screen.query(VTable)]
        calm = not any(table._flashes for table in tables)  # a flash is no word
        quiet = quiet + 1 if now == before and calm else 0
        if quiet == _QUIET:
            return
        before = now
    raise AssertionError("the picture never stands still")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_every_place_and_dialog_looks_as_it_was_looked_at(picture: Picture, snap_compare: Compare) -> None:
    app, walk = shown(picture)
    assert snap_compare(app, terminal_size=(120, 36), run_before=walk)


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "dark"), ((120, 36), "light")], ids=["small", "light"])
def test_the_fleet_looks_well_in_eighty_columns_and_in_daylight(
    size: tuple[int, int], theme: str, snap_compare: Compare
) -> None:
    app, walk = shown(PICTURES[0], theme)
    assert snap_compare(app, terminal_size=size, run_before=walk)
