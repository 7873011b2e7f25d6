"""Make the pictures under screenshots/ from tests/pictures.py: `python -m tests.contact_sheet [FOLDER]`.

Every place and every dialog, reached by keys from the first screen, at three sizes, dark and light: one contact sheet
for each size and theme, and single pictures of the size that README shows.
"""

from __future__ import annotations

import asyncio
import io
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI
from textual.pilot import Pilot

from osvm_tui.ui.app import OsvmApp
from osvm_tui.ui.widgets.vtable import VTable
from tests.pictures import PICTURES, Picture
from tests.pilot.desk import OPTIONS, Desk

if TYPE_CHECKING:
    from PIL.Image import Image as Bitmap
    from PIL.ImageFont import FreeTypeFont

Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((80, 24), (120, 36), (200, 60))
THEMES = ("dark", "light")
README_SIZE = (120, 36)
README_PICTURES = ("fleet", "vm-overview", "action-menu", "vm-metrics", "monitor", "cost")
CELL = (12, 24)
"""Pixels of a character."""
_COLUMNS, _WIDTH, _SHEET_COLOURS = {80: 6, 120: 6, 200: 5}, 3600, 48
_KEY_S, _ANSWER_S = 0.02, 0.25
_FONT, _FONT_BOLD = "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"


async def take(picture: Picture, theme: str) -> dict[Size, Bitmap]:
    """Return one picture at every size: opened at the smallest, then the terminal is resized."""
    scene = picture.scene()
    own = scene.options.theme != OPTIONS.theme
    app = Desk(scene.api, options=scene.options if own else replace(scene.options, theme=theme))
    async with app.run_test(size=SIZES[0]) as pilot:
        await pilot.pause(_ANSWER_S)
        if scene.cursor is not None:
            app.screen.query_one(VTable).cursor_to(scene.cursor)
        for key in picture.keys:
            await pilot.press(key)
            await pilot.pause(_KEY_S)
        return {size: await _at(app, pilot, size) for size in SIZES}


async def _at(app: OsvmApp, pilot: Pilot[None], size: Size) -> Bitmap:
    await pilot.resize_terminal(*size)
    await pilot.pause(_ANSWER_S)
    return drawn(app, size)


def drawn(app: OsvmApp, size: Size) -> Bitmap:
    """Return the screen as a terminal draws it, character by character on their cells."""
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (size[0] * CELL[0], size[1] * CELL[1]), "black")
    draw = ImageDraw.Draw(page)
    for row, strip in enumerate(app.screen._compositor.render_strips()):
        column = 0
        for text, style, _ in strip:
            if text:
                _segment(draw, column, row, text, style or Style.null())
            column += len(text)
    return page


def _segment(draw: Any, column: int, row: int, text: str, style: Style) -> None:
    fore, back = _colour(style.color, foreground=True), _colour(style.bgcolor, foreground=False)
    if style.dim:
        fore = tuple((a + b) // 2 for a, b in zip(fore, back, strict=True))
    if style.reverse:
        fore, back = back, fore
    x, y = column * CELL[0], row * CELL[1]
    draw.rectangle((x, y, x + len(text) * CELL[0] - 1, y + CELL[1] - 1), fill=back)
    for number, letter in enumerate(text):
        if "\u2800" <= letter <= "\u28ff":
            _dots(draw, x + number * CELL[0], y, ord(letter) - 0x2800, fore)
        elif letter != " ":
            draw.text((x + number * CELL[0], y), letter, fill=fore, font=_font(bool(style.bold)))
    if style.underline:
        draw.line((x, y + CELL[1] - 3, x + len(text) * CELL[0] - 1, y + CELL[1] - 3), fill=fore)


def _dots(draw: Any, x: int, y: int, dots: int, fill: tuple[int, ...]) -> None:
    """Draw a braille character, which the font lacks."""
    for number, (across, down) in enumerate(((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))):
        if dots & 1 << number:
            left, top = x + across * CELL[0] // 2 + 1, y + down * CELL[1] // 4 + 1
            draw.ellipse((left, top, left + 3, top + 3), fill=fill)


def _colour(colour: Any, *, foreground: bool) -> tuple[int, ...]:
    if colour is None:
        return tuple(DIMMED_MONOKAI.foreground_color if foreground else DIMMED_MONOKAI.background_color)
    return tuple(colour.get_truecolor(DIMMED_MONOKAI, foreground=foreground))


@cache
def _font(bold: bool) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(_FONT_BOLD if bold else _FONT, 20)


def sheet(pictures: dict[str, Bitmap], columns: int) -> bytes:
    """Return all pictures, small as `shrunk` makes them, on one page, each under its name."""
    from PIL import Image, ImageDraw

    width = _WIDTH // columns
    height = max(image.height for image in pictures.values()) + 24
    page = Image.new("RGB", (_WIDTH, -(-len(pictures) // columns) * height), "#30343f")
    draw = ImageDraw.Draw(page)
    for number, (name, image) in enumerate(pictures.items()):
        x, y = number % columns * width, number // columns * height
        draw.text((x + 8, y + 6), name, fill="white")
        page.paste(image, (x, y + 24))
    return packed(page, _SHEET_COLOURS)


def shrunk(image: Bitmap, columns: int) -> Bitmap:
    """Return a picture as wide as a page of so many columns has room for."""
    width = _WIDTH // columns
    return image.resize((width, round(image.height * width / image.width)))


def packed(image: Bitmap, colours: int) -> bytes:
    """Return a picture as PNG with few colours, which a console has: a quarter of the bytes."""
    from PIL.Image import Dither, Quantize

    out = io.BytesIO()
    image.quantize(colours, Quantize.FASTOCTREE, dither=Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def make(theme: str, folder: Path) -> list[str]:
    """Make the sheets of one theme and the single pictures that README shows; return what was made."""
    taken: dict[Size, dict[str, Bitmap]] = {size: {} for size in SIZES}
    made = {}
    for picture in PICTURES:
        for size, bitmap in asyncio.run(take(picture, theme)).items():
            taken[size][picture.name] = shrunk(bitmap, _COLUMNS[size[0]])
            if size == README_SIZE and picture.name in README_PICTURES:
                made[f"{picture.name}-{theme}.png"] = packed(bitmap, 128)
    for size, pictures in taken.items():
        made[f"contact-{size[0]}x{size[1]}-{theme}.png"] = sheet(pictures, _COLUMNS[size[0]])
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
