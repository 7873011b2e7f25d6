"""`TablePlace`: a place with a table whose columns, order and filter can be chosen, named, saved and remembered.

A subclass answers what its columns are, how it is sorted and filtered; it knows no file and no dialog.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on, work

from osvm_tui.ui.memory import PlaceMemory
from osvm_tui.ui.messages import Commanded
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.table_words import FILTER_WORDS, WordError, columns_of, name_for, saved, sort_of
from osvm_tui.ui.widgets.vtable import VTable

if TYPE_CHECKING:
    from osvm_tui.ui.columns import Column

TABLE_WORDS = ("sort", "columns", "filter", "save", "reset")


class TablePlace(PlaceScreen):
    """Mix in before a place that has one VTable and a filter."""

    # what a subclass answers
    def every_column(self) -> Sequence[Column[Any]]:
        """Return all columns of the table as the place would show them by itself."""
        raise NotImplementedError

    @property
    def order(self) -> tuple[str, bool]:
        """The column that the rows are sorted by, empty for the place's own order; whether descending."""
        raise NotImplementedError

    def sort_by(self, column: str, descending: bool) -> None:
        """Sort by a column; an empty one is the place's own order."""
        raise NotImplementedError

    def filter_words(self) -> Sequence[str]:
        """Return how terms of the filter begin, for completion."""
        return [f"{column.key}:" for column in self.every_column()]

    @property
    def table(self) -> VTable[Any]:
        """The table."""
        return self.query_one(VTable)

    # memory
    @property
    def memory_scope(self) -> str:
        """What is remembered apart: the clouds that are open."""
        return " ".join(sorted(scope.entry for scope in self.api.scopes()))

    def remembered(self) -> PlaceMemory:
        """Return how this place was left, by this console or the one before."""
        return self.memory.of(self.place, self.memory_scope)

    def restore(self, kept: PlaceMemory) -> None:
        """Show the table as it was left."""
        known = {column.key for column in self.every_column()}
        columns = tuple(key for key in kept.columns if key in known)
        present = self._present()
        if kept.wide != present.wide:
            self.table.set_wide(kept.wide)
        if columns != present.columns:
            self.show_columns(columns)
        if kept.sort in known or not kept.sort:
            self.sort_by(kept.sort, kept.descending)
        if kept.filter != present.filter:
            self.show_text(kept.filter)

    def keep(self) -> None:
        """Remember how the table looks now."""
        self.memory.put(self.place, self.memory_scope, self._present())
        self.save_memory()

    def _present(self) -> PlaceMemory:
        sort, descending = self.order
        usual = [column.key for column in self.every_column()]
        shown = [column.key for column in self.table.columns]
        return PlaceMemory(
            filter=self.shown_text,
            sort=sort,
            descending=descending,
            wide=self.table.wide,
            columns=() if shown == usual else tuple(shown),
        )

    # columns
    def show_columns(self, keys: Sequence[str]) -> None:
        """Show these columns in this order, those that stand first longest; none given: the usual ones."""
        usual = {column.key: column for column in self.every_column()}
        chosen = [usual[key]._replace(priority=at, wide=False) for at, key in enumerate(keys)]
        self.table.set_columns(chosen or list(usual.values()))

    def action_choose_columns(self) -> None:
        """Ask which columns to show and in which order."""
        from osvm_tui.ui.dialogs.choose_columns import ChooseColumns

        titles = {column.key: column.title for column in self.every_column()}
        shown = [column.key for column in self.table.columns]
        self.app.push_screen(ChooseColumns(titles, shown), self._columns_chosen)

    def _columns_chosen(self, keys: tuple[str, ...] | None) -> None:
        if keys is not None:
            self.show_columns(keys)
            self.keep()

    def action_wide(self) -> None:
        """Show all columns, scrolled by left and right, or those that fit."""
        self.table.set_wide(not self.table.wide)
        self.keep()

    def action_invert(self) -> None:
        """Turn the order round."""
        column, descending = self.order
        self.sort_by(column or self.every_column()[0].key, not descending)
        self.keep()

    # words
    @on(Commanded)
    def _table_word(self, event: Commanded) -> None:
        if event.word not in TABLE_WORDS:
            return
        event.stop()
        try:
            getattr(self, f"_word_{event.word}")(event.rest)
        except WordError as wrong:
            self.notify(str(wrong), severity="warning", markup=False)

    def arguments(self, word: str) -> Sequence[str]:
        """Complete columns, the names of saved filters, and the columns of the grammar behind this place's name."""
        keys = [column.key for column in self.every_column()]
        match word:
            case "sort":
                return [sign + key for sign in ("", "-") for key in keys]
            case "columns":
                return ["usual", *keys]
            case "filter":
                return [*self._filters(), *FILTER_WORDS, *(f"drop {name}" for name in self._filters())]
            case _:
                mine = word == {"fleet": "vm"}.get(self.place, self.place)
                return self.filter_words() if mine else super().arguments(word)

    def _word_sort(self, rest: str) -> None:
        self.sort_by(*sort_of(rest, [column.key for column in self.every_column()]))
        self.keep()

    def _word_columns(self, rest: str) -> None:
        if not rest:
            self.action_choose_columns()
        elif rest == "usual":
            self._columns_chosen(())
        else:
            self._columns_chosen(columns_of(rest, [column.key for column in self.every_column()]))

    def _word_reset(self, _rest: str) -> None:
        self.restore(PlaceMemory())
        self.keep()
        self.notify("this place is sorted and filtered as usual again")

    def _word_filter(self, rest: str) -> None:
        word, _, name = rest.partition(" ")
        match word:
            case "" | "list":
                self._list_filters()
            case "save":
                self._save_filter(name_for(name))
            case "drop":
                saved(name.strip(), self._filters())
                self.memory.save_filter(self.place, name.strip(), "")
                self.save_memory()
                self.notify(f"the filter {name.strip()} is forgotten", markup=False)
            case _:
                self.show_text(saved(rest.strip(), self._filters()))
                self.keep()

    def _filters(self) -> dict[str, str]:
        return dict(self.memory.filters(self.place))

    def _save_filter(self, name: str) -> None:
        if not self.shown_text:
            raise WordError("there is no filter to save; / types one")
        self.memory.save_filter(self.place, name, self.shown_text)
        self.save_memory()
        self.notify(f"saved the filter {name}: {self.shown_text}", markup=False)

    def _list_filters(self) -> None:
        filters = self._filters()
        if not filters:
            raise WordError("no filter is saved here; :filter save NAME saves the present one")
        from osvm_tui.ui.dialogs.pick import Choice, PickDialog

        choices = [Choice(name, name, text) for name, text in filters.items()]
        self.app.push_screen(PickDialog("saved filters", choices, (), many=False), self._filter_picked)

    def _filter_picked(self, names: tuple[str, ...] | None) -> None:
        if names:
            self.show_text(self._filters()[names[0]])
            self.keep()

    # saving
    def action_save_table(self) -> None:
        """Ask where to save what is shown."""
        self._ask_where(f"{self.place}-{self.options.clock():%Y%m%d-%H%M}.csv")

    def _ask_where(self, suggested: str, *, exists: bool = False) -> None:
        from osvm_tui.ui.dialogs.save_table import SaveTable

        columns, rows = self._as_shown()
        self.app.push_screen(
            SaveTable(lambda path: _text(columns, rows, path), suggested, len(rows), exists=exists),
        )

    def _as_shown(self) -> tuple[Sequence[Column[Any]], Sequence[Any]]:
        table = self.table
        columns = table.columns if table.wide else [placed.column for placed in table.placed]
        return tuple(columns), tuple(table.rows)

    def _word_save(self, rest: str) -> None:
        if rest:
            self._save_as(rest)
        else:
            self.action_save_table()

    @work(group="save", exclusive=True, exit_on_error=False)
    async def _save_as(self, given: str) -> None:
        from osvm_tui.ui.private_file import write_new

        path = Path(given).expanduser()
        columns, rows = self._as_shown()
        try:
            text = await asyncio.to_thread(_text, columns, rows, path)
            await asyncio.to_thread(write_new, path, text)
        except FileExistsError:
            self._ask_where(given, exists=True)
        except (OSError, ValueError) as error:
            self.notify(f"not saved: {getattr(error, 'strerror', None) or error}", severity="error", markup=False)
        else:
            self.notify(f"saved {len(rows)} rows in {path}", markup=False)


def _text(columns: Sequence[Column[Any]], rows: Sequence[Any], path: Path) -> str:
    from osvm_tui.ui.table_file import table_text

    return table_text(columns, rows, path)
