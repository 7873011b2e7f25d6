"""`python -m tests.readme`: write README's tables anew from the tables of the code; a test compares them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from osvm_tui.domain.actions import offered
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.probe.prometheus_names import NAMES
from osvm_tui.settings import Settings
from osvm_tui.settings.loading import setting_paths, variable
from osvm_tui.ui.bindings import ALL, KEYS, shown

README = Path(__file__).parents[1] / "README.md"


def keys_table() -> Iterator[str]:
    """Yield the key table: one line for each row of KEYS."""
    yield from _table(
        ("key", "meaning", "where", "id for `ui.keys`"),
        ((" ".join(_keys(key.keys)), key.help, _where(key.places), f"`{key.id}`") for key in KEYS),
    )


def actions_table() -> Iterator[str]:
    """Yield the verbs of the action menu and of `osvm vm`: one line for each offered row of ACTIONS."""
    yield from _table(
        ("menu", "verb", "what it does", "risk"),
        ((f"`a {spec.key}`", f"`osvm vm {spec.id}`", spec.help, spec.risk.value) for spec in offered()),
    )


def resources_table() -> Iterator[str]:
    """Yield the verbs on what VMs stand on: one line for each row of RESOURCE_ACTIONS."""
    yield from _table(
        ("verb", "what it does", "risk"),
        ((f"`osvm {spec.id.replace('.', ' ')}`", spec.help, spec.risk.value) for spec in RESOURCE_ACTIONS.values()),
    )


def settings_table() -> Iterator[str]:
    """Yield every setting with its variable and default."""
    yield from _table(
        ("setting", "variable", "default"),
        ((f"`{'.'.join(path)}`", f"`{variable(path)}`", f"`{_default(path)}`") for path in setting_paths()),
    )


def prometheus_names() -> Iterator[str]:
    """Yield the names in a Prometheus server as settings that change nothing."""
    yield from ("```toml", "[monitor.prometheus_names]")
    yield from (f'"{name}" = {_quoted(text)}' for name, text in NAMES.items())
    yield "```"


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "keys": keys_table,
    "actions": actions_table,
    "resources": resources_table,
    "settings": settings_table,
    "prometheus names": prometheus_names,
}


def filled(text: str) -> str:
    """Return README's text with every generated section as the code has it now."""
    for name, lines in SECTIONS.items():
        section = "\n".join((f"<!-- {name} -->", *lines(), f"<!-- /{name} -->"))
        text = re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", section.replace("\\", r"\\"), text, flags=re.DOTALL)
    return text


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (titles, tuple("---" for _ in titles), *rows):
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _keys(names: str) -> Iterator[str]:
    return (f"`{shown(name)}`" for name in names.split(","))


def _where(places: tuple[str, ...]) -> str:
    if len(places) <= 6:
        return ", ".join(places)
    return "every place" if places == ALL else "most places"


def _default(path: tuple[str, ...]) -> str:
    value: object = Settings()
    for part in path:
        value = getattr(value, part)
    return "true" if value is True else str(value) if value else '""' if value == "" else "{}" if value == {} else "[]"


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
