"""Make the pictures under screenshots/ from the seeded mock cloud: `python -m tests.contact_sheet [FOLDER]`.

Every place and every dialog, reached by keys from the first screen, at three sizes, dark and light: one contact sheet
for each size and theme, and single pictures of the size that README shows.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from osvm_tui.bootstrap import Options, SimulatedCloud, build
from osvm_tui.domain.operations import ActionRequest
from osvm_tui.domain.vm import Vm
from osvm_tui.paths import find_paths
from osvm_tui.services.api import ScopeState
from osvm_tui.services.console import Console
from osvm_tui.settings import Settings
from osvm_tui.ui.app import OsvmApp
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.widgets.vtable import VTable

SIZES = ((80, 24), (120, 36), (200, 60))
THEMES = ("dark", "light")
README_SIZE = (120, 36)
VMS, SEED = 60, 7
_COLUMNS, _WIDTH = 4, 720
_CELL_PX, _ADVANCE = 12.2, 0.602


class Picture(NamedTuple):
    """One picture: its name and the keys that lead there from the fleet with the cursor on a running VM."""

    name: str
    keys: tuple[str, ...] = ()


def _go(word: str, *more: str) -> tuple[str, ...]:
    return ("colon", *word, "enter", *more)


PICTURES = (
    Picture("fleet"),
    Picture("fleet-filter", ("slash", *"status=ERROR")),
    Picture("fleet-marks", ("space", "space", "j", "space")),
    Picture("fleet-wide", ("W",)),
    Picture("action-menu", ("a",)),
    Picture("action-menu-marks", ("space", "space", "space", "space", "a")),
    Picture("confirm", ("a", "t")),
    Picture("confirm-marks", ("space", "space", "space", "a", "R")),
    Picture("delete", ("ctrl+d",)),
    Picture("rename", ("a", "n")),
    Picture("copy", ("c",)),
    Picture("console-url", ("v",)),
    Picture("vm-overview", ("enter",)),
    Picture("vm-console", ("l",)),
    Picture("vm-events", ("e",)),
    Picture("vm-raw", ("y",)),
    Picture("new-vm", ("N", *"web-{n}", "tab", "backspace", "3")),
    Picture("new-vm-image", ("N", "tab", "tab", "enter")),
    Picture("operations", _go("op")),
    Picture("audit", _go("audit")),
    Picture("health", _go("health")),
    Picture("clouds", _go("cloud")),
    Picture("flavors", _go("flavor")),
    Picture("images", _go("image")),
    Picture("networks", _go("network")),
    Picture("keypairs", _go("keypair")),
    Picture("help", ("question_mark",)),
    Picture("command-line", ("colon", *"he")),
    Picture("palette", ("ctrl+p",)),
    Picture("quit", ("a", "h", "right", "enter", "ctrl+q")),
)


async def take(size: tuple[int, int], theme: str, state_dir: Path) -> dict[str, str]:
    """Return every picture of one size and theme as SVG by its name."""
    paths = find_paths(str(state_dir))
    SimulatedCloud(paths.mock_cloud).reset(vms=VMS, seed=SEED)
    api = build(Options(entries=("mock",), settings=Settings(), paths=paths, operator="ops-1"))
    app = OsvmApp(api, UiOptions(theme=theme, blink=False))
    taken: dict[str, str] = {}
    async with app.run_test(size=size) as pilot:
        await _until_live(api, pilot)
        await _until_writable(api, pilot)
        await _history(api, pilot)
        for picture in PICTURES:
            await _fresh(app, pilot)
            for key in picture.keys:
                await pilot.press(key)
                await pilot.pause(0.05)
            await pilot.pause(0.6)
            taken[picture.name] = app.export_screenshot(title="osvm")
            if picture.name == "fleet-wide":
                await pilot.press("W")
    return taken


async def _until_live(api: Console, pilot: Pilot[None]) -> None:
    for _ in range(200):
        if api.scopes() and api.scopes()[0].state is ScopeState.LIVE and api.fleet_since(0).upserts:
            return
        await pilot.pause(0.05)
    raise RuntimeError("the mock cloud did not come live")


async def _history(api: Console, pilot: Pilot[None]) -> None:
    """Ask for a few things, so that operations, audit and time line have something to tell."""
    for action_id in ("start", "pause", "lock", "shelve"):
        vm = next(vm for vm in api.fleet_since(0).upserts if api.verdict(vm.ref, action_id).allowed)
        await api.submit(ActionRequest(action_id, (vm.ref,)))
        await pilot.pause(0.4)
    await pilot.pause(4.0)


async def _until_writable(api: Console, pilot: Pilot[None]) -> None:
    for _ in range(200):
        store = (await api.health()).store
        if store is not None and store.writable:
            return
        await pilot.pause(0.05)
    raise RuntimeError("the store did not open")


async def _fresh(app: OsvmApp, pilot: Pilot[None]) -> None:
    """Go back to the fleet without filter and marks, the cursor on a running VM, toasts gone."""
    while len(app.screen_stack) > 1:
        app.pop_screen()
        await pilot.pause()
    app.clear_notifications()
    await pilot.press("escape", "escape", "u")
    app.clear_notifications()
    table = app.screen.query_one(VTable)
    running = next(vm for vm in table.rows if _plain(vm))
    table.cursor_to(running.ref)
    await pilot.pause(0.1)


def _plain(vm: Vm) -> bool:
    return vm.vm_state == "active" and not vm.busy and not vm.locked and bool(vm.floating_ip)


def png(svg: str) -> bytes:
    """Return an SVG of Textual as PNG, letters on their cells: the converter knows no textLength."""
    import cairosvg

    size = re.search(r"font-size:\s*([\d.]+)px", svg)
    spacing = _CELL_PX - _ADVANCE * float(size[1] if size else 20)
    plain = re.sub(r"@font-face\s*{[^}]*}", "", svg).replace("Fira Code", "DejaVu Sans Mono")
    spaced = re.sub(r'textLength="[\d.]+"', f'letter-spacing="{spacing:.3f}"', plain)
    data: bytes = cairosvg.svg2png(bytestring=spaced.encode())
    return data


def sheet(pictures: dict[str, bytes]) -> bytes:
    """Return all pictures on one page, each under its name."""
    from PIL import Image, ImageDraw

    images = [(name, Image.open(io.BytesIO(data))) for name, data in pictures.items()]
    height = max(round(image.height * _WIDTH / image.width) for _, image in images) + 24
    rows = (len(images) + _COLUMNS - 1) // _COLUMNS
    page = Image.new("RGB", (_COLUMNS * _WIDTH, rows * height), "#30343f")
    draw = ImageDraw.Draw(page)
    for number, (name, image) in enumerate(images):
        x, y = number % _COLUMNS * _WIDTH, number // _COLUMNS * height
        draw.text((x + 8, y + 6), name, fill="white")
        page.paste(image.convert("RGB").resize((_WIDTH, round(image.height * _WIDTH / image.width))), (x, y + 24))
    out = io.BytesIO()
    page.quantize(256).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(folder: Path) -> None:
    """Make all pictures in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        for theme in THEMES:
            with tempfile.TemporaryDirectory() as state:
                taken = asyncio.run(take(size, theme, Path(state)))
            pictures = {name: png(svg) for name, svg in taken.items()}
            label = f"{size[0]}x{size[1]}-{theme}"
            (folder / f"contact-{label}.png").write_bytes(sheet(pictures))
            if size == README_SIZE:
                for name in ("fleet", "vm-overview", "action-menu", "new-vm"):
                    (folder / f"{name}-{theme}.png").write_bytes(pictures[name])
            print(f"{label}: {len(pictures)} pictures")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "screenshots")
