"""What verbs print of names and words from outside."""

from __future__ import annotations

import pytest

from osvm_tui.cli.output import print_fields, print_table


def test_nothing_from_outside_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "web\x1b]0;pwned\x07\x9b31m\r\nrest\tend\u202e"
    print_table(("VM", "WHAT"), [(name, "ok")])
    print_fields([("note", name), ("empty", "")])
    out = capsys.readouterr().out
    assert out.splitlines() == ["VM                 WHAT", "web·31m rest end·  ok", "note  web·31m rest end·"]
