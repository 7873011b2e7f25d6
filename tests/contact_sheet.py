"""Make the pictures under screenshots/ from the seeded mock cloud: `python -m tests.contact_sheet [FOLDER]`.

Every place and every dialog, reached by keys from the first screen, at three sizes (dialogs at two), dark and light:
one contact sheet for each size and theme, and single pictures of the size that README shows.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

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
from tests.pictures import PICTURES, Picture

if TYPE_CHECKING:
    from PIL.Image import Image as Bitmap

LARGE = (200, 60)
SIZES = ((80, 24), (120, 36), LARGE)
THEMES = ("dark", "light")
README_SIZE = (120, 36)
VMS, SEED = 60, 7
README_PICTURES = ("fleet", "vm-overview", "action-menu", "new-vm")
_COLUMNS, _WIDTH, _SHEET_COLOURS = {80: 5, 120: 5, 200: 4}, 3000, 64
_KEY_S, _ANSWER_S = 0.03, 0.35
_CELL_PX, _ADVANCE = 12.2, 0.602


async def take(theme: str, state_dir: Path) -> dict[tuple[int, int], dict[str, str]]:
    """Return every picture of one theme as SVG, by size and name: one console, walked through at each size."""
    paths = find_paths(str(state_dir))
    SimulatedCloud(paths.mock_cloud).reset(vms=VMS, seed=SEED)
    api = build(Options(entries=("mock",), settings=Settings(), paths=paths, operator="ops-1"))
    app = OsvmApp(api, UiOptions(theme=theme, blink=False))
    taken: dict[tuple[int, int], dict[str, str]] = {}
    async with app.run_test(size=SIZES[0]) as pilot:
        await _until_live(api, pilot)
        await _until_writable(api, pilot)
        await _history(api, pilot)
        for size in SIZES:
            await _fresh(app, pilot)
            await pilot.resize_terminal(*size)
            wanted = [each for each in PICTURES if size != LARGE or not each.dialog]
            taken[size] = {each.name: await _one(app, pilot, each) for each in wanted}
    return taken


async def _one(app: OsvmApp, pilot: Pilot[None], picture: Picture) -> str:
    await _fresh(app, pilot)
    for key in picture.keys:
        await pilot.press(key)
        await pilot.pause(_KEY_S)
    await pilot.pause(_ANSWER_S)
    svg = app.export_screenshot(title="osvm")
    if picture.name == "fleet-wide":
        await pilot.press("W")
    return svg


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
    running = next(row for row in table.rows if _plain(row.vm))
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


def sheet(pictures: dict[str, bytes], columns: int) -> bytes:
    """Return all pictures on one page, each under its name."""
    from PIL import Image, ImageDraw

    images = [(name, Image.open(io.BytesIO(data))) for name, data in pictures.items()]
    width = _WIDTH // columns
    height = max(round(image.height * width / image.width) for _, image in images) + 24
    page = Image.new("RGB", (_WIDTH, -(-len(images) // columns) * height), "#30343f")
    draw = ImageDraw.Draw(page)
    for number, (name, image) in enumerate(images):
        x, y = number % columns * width, number // columns * height
        draw.text((x + 8, y + 6), name, fill="white")
        page.paste(image.convert("RGB").resize((width, round(image.height * width / image.width))), (x, y + 24))
    return _packed(page, _SHEET_COLOURS)


def small(data: bytes) -> bytes:
    """Return a picture with few colours, which a console has: a quarter of the bytes."""
    from PIL import Image

    return _packed(Image.open(io.BytesIO(data)).convert("RGB"), 128)


def _packed(image: Bitmap, colours: int) -> bytes:
    from PIL.Image import Dither, Quantize

    out = io.BytesIO()
    image.quantize(colours, Quantize.FASTOCTREE, dither=Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def make(theme: str, folder: Path) -> list[str]:
    """Make the sheets of one theme and the single pictures that README shows; return what was made."""
    with tempfile.TemporaryDirectory() as state:
        taken = asyncio.run(take(theme, Path(state)))
    made = {}
    for size, svgs in taken.items():
        pictures = {name: png(svg) for name, svg in svgs.items()}
        made[f"contact-{size[0]}x{size[1]}-{theme}.png"] = sheet(pictures, _COLUMNS[size[0]])
        if size == README_SIZE:
            made |= {f"{name}-{theme}.png": small(pictures[name]) for name in README_PICTURES}
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return list(made)


def main(folder: Path) -> None:
    """Make all pictures in `folder`, each theme in a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(len(THEMES), get_context("spawn")) as pool:
        for made in pool.map(make, THEMES, [folder] * len(THEMES)):
            print(*made, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "screenshots")
