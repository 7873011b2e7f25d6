"""Open the full-screen console: choose clouds, ask for what is missing, then hand over the terminal."""

from __future__ import annotations

import gc
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from osvm_tui import bootstrap
from osvm_tui.cli.exits import Exit
from osvm_tui.cli.launch import Launch
from osvm_tui.cli.session import options_for, started
from osvm_tui.cli.starting import last_used_first
from osvm_tui.domain.errors import ConfigError
from osvm_tui.services.console import Console
from osvm_tui.settings import CloudSettings
from osvm_tui.settings.lines import line_of

if TYPE_CHECKING:
    from osvm_tui.ui.options import CloudLook

_YOUNG = 50_000
"""New objects between two runs of the garbage collector: with Python's 700 it takes a tenth of the start."""
_TURN_S = 0.001
"""How long a thread that decodes or imports may hold the interpreter while the screen waits; Python's is 5 ms."""


def open_console(launch: Launch) -> int:
    """Run the console until the operator leaves; raise what the screen could not survive."""
    gc.set_threshold(_YOUNG, 20, 20)
    sys.setswitchinterval(_TURN_S)
    _must_have_terminal(launch.environ.get("TERM", ""))
    launch.start_logging()
    start = started(launch)
    recent = launch.paths.state_dir / "last-clouds.json"
    entries = start.entries or _pick(last_used_first(start.choices, _recent(recent)))
    options = options_for(launch, entries, "console")
    api = bootstrap.build(options)
    _remember(recent, entries)
    return _run(launch, api, entries)


def _run(launch: Launch, api: Console, entries: Sequence[str]) -> int:
    from rich.console import Console as RichConsole

    from osvm_tui.ui.app import OsvmApp
    from osvm_tui.ui.options import UiOptions

    ui = launch.settings.ui
    _must_be_right(ui.keys, launch.config_file)
    options = UiOptions(
        theme=ui.theme,
        mouse=ui.mouse,
        glyphs=ui.glyphs,
        utc=ui.time_zone == "utc",
        state_dir=launch.paths.state_dir / "places",
        keys=ui.keys,
        clouds={entry: _look(launch, entry) for entry in entries},
    )
    app = OsvmApp(api, options)
    # Textual would print a traceback with local variables, credentials among them.
    app.error_console = RichConsole(file=io.StringIO())
    app.run(mouse=ui.mouse)
    if app._exception is not None:
        raise app._exception
    return app.return_code or Exit.DONE


def _look(launch: Launch, entry: str) -> CloudLook:
    from osvm_tui.ui.options import CloudLook

    own = launch.settings.cloud.get(entry, CloudSettings())
    read_only = launch.read_only or launch.settings.read_only or own.read_only
    return CloudLook(own.colour, own.production, read_only)


def _must_be_right(keys: Mapping[str, str], file: Path) -> None:
    """Refuse keys that would be dead or mean two things: unknown ids, no keys, clashes; each with its line."""
    if not keys:
        return
    from osvm_tui.ui.key_map import wrongs

    found = list(wrongs(keys))
    if not found:
        return
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    told = [f"{file}, line {line_of(text, ('ui', 'keys', each.id))}: ui.keys: {each.sentence}" for each in found]
    raise ConfigError("\n".join(told), hint="README lists all ids and their keys")


def _must_have_terminal(term: str) -> None:
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise ConfigError("the console needs a terminal", hint="osvm vm list and its sisters work without one")
    if term in ("", "dumb"):
        raise ConfigError(
            f"the console needs a terminal that can move its cursor; TERM is {term or 'not set'}",
            hint="set TERM, for example to xterm-256color, or use osvm vm list",
        )


def _pick(names: Sequence[str]) -> tuple[str, ...]:
    """Let the operator choose among several entries; enter takes the first, which was used last."""
    for number, name in enumerate(names, 1):
        click.echo(f"{number:3}  {name}")
    while True:
        text = click.prompt("open which (numbers or names, several with commas)", default="1")
        wanted = [part.strip() for part in text.split(",") if part.strip()]
        chosen = [names[int(part) - 1] if _is_number(part, len(names)) else part for part in wanted]
        if chosen and all(name in names for name in chosen):
            return tuple(dict.fromkeys(chosen))
        click.echo("there is no such entry")


def _is_number(text: str, most: int) -> bool:
    return text.isdecimal() and 1 <= int(text) <= most


def _recent(file: Path) -> list[str]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _remember(file: Path, entries: Sequence[str]) -> None:
    """Put these entries in front for the next choice; a state directory that cannot be written forgets them."""
    names = list(dict.fromkeys([*entries, *_recent(file)]))
    try:
        file.write_text(json.dumps(names[:50]), encoding="utf-8")
    except OSError:
        return
