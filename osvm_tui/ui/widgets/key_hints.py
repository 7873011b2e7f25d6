"""`KeyHints`: the last line of a place, the keys that matter here, as many as fit."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from osvm_tui.ui.bindings import Key, keys_of, shown
from osvm_tui.ui.options import UiOptions


class KeyHints(Widget):
    """One line of keys and their labels, read from KEYS; the lowest hint numbers first."""

    COMPONENT_CLASSES = {"key-hints--key"}

    def __init__(self, place: str, options: UiOptions) -> None:
        super().__init__()
        self._hints = sorted((key for key in keys_of(place) if key.hint), key=lambda key: key.hint)
        self._options = options

    def render(self) -> Text:
        """Return the hints that fit the width whole."""
        line = Text(no_wrap=True)
        style = self.get_component_rich_style("key-hints--key", partial=True)
        for key in self._hints:
            word = self._shown(key)
            if line.cell_len + len(word) + len(key.label) + 4 > self.size.width:
                break
            line.append(" ")
            line.append(word, style)
            line.append(f" {key.label} ")
        return line

    def _shown(self, key: Key) -> str:
        return shown(self._options.keys.get(key.id, key.keys))
