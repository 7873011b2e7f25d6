"""Where a key of a TOML text stands."""

from __future__ import annotations

import pytest

from osvm_tui.settings.lines import line_of

TEXT = """\
# a comment = no key
operator = "ops-1"

[ui]
theme = "dark"
"mouse" = true

[ui.keys]
"vm.stop" = "f9"
[api]
rate = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("operator",), 2),
        (("ui",), 4),
        (("ui", "theme"), 5),
        (("ui", "mouse"), 6),
        (("ui", "keys"), 8),
        (("ui", "keys", "vm.stop"), 9),
        (("api", "rate"), 11),
        (("api", "elsewhere"), 10),
        (("nowhere",), 1),
    ],
)
def test_line_of_a_key(path: tuple[str, ...], line: int) -> None:
    assert line_of(TEXT, path) == line


def test_dotted_keys_and_inline_tables() -> None:
    assert line_of('a = 1\nui.theme = "x"', ("ui", "theme")) == 2
    assert line_of('a = 1\nui = { theme = "x" }', ("ui", "theme")) == 2


def test_arrays_of_tables_are_counted_each_in_the_one_that_holds_it() -> None:
    text = "[[a]]\nx = 1\n[[a.b]]\ny = 1\n[[a.b]]\ny = 2\n[a.b.c]\nz = 1\n[[a]]\n[[a.b]]\ny = 3\n"
    assert line_of(text, ("a", 0, "x")) == 2
    assert line_of(text, ("a", 0, "b", 1, "y")) == 6
    assert line_of(text, ("a", 0, "b", 1, "c", "z")) == 8
    assert line_of(text, ("a", 1, "b", 0, "y")) == 11
    assert line_of(text, ("a", 1, "x")) == 9
