"""Ask for what clouds.yaml leaves out: passwords, one-time codes, key passphrases. Before the screen goes full.

Answers live in memory only; they are passed on and never logged or stored.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Mapping

from osvm_tui import bootstrap
from osvm_tui.cli.entry_memory import EntryMemory
from osvm_tui.domain.errors import ConfigError

Answers = Mapping[str, Mapping[str, str]]
"""By entry, then by the name of what was asked."""


def answers_for(entries: Iterable[str], memory: EntryMemory) -> Answers:
    """Ask on the terminal for everything that these entries need; ConfigError when there is no terminal to ask on."""
    return {entry: _ask(entry, memory) for entry in entries if entry != bootstrap.MOCK and not memory.silent(entry)}


def _ask(entry: str, memory: EntryMemory) -> dict[str, str]:
    wanted = bootstrap.prompts(entry)
    if not wanted:
        memory.note_silent(entry)
    elif not sys.stdin.isatty():
        raise ConfigError(
            f"{entry}: there is no terminal to ask on for: {', '.join(prompt.label for prompt in wanted)}",
            hint="put it into secure.yaml, or run osvm in a terminal",
        )
    return {prompt.name: getpass.getpass(f"{prompt.label}: ") for prompt in wanted}
