"""A destructive headless verb on a terminal: the name is typed, and anything else does nothing."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.terminal import Terminal


def test_the_name_is_typed_to_delete(home: dict[str, str], tmp_path: Path) -> None:
    with Terminal(["vm", "delete", "web-01", "--mock"], home, tmp_path) as terminal:
        terminal.wait("type its name to delete")
        terminal.press("web", "enter")
        assert terminal.wait_end() == 3
        assert "nothing was done" in terminal.text
    with Terminal(["vm", "delete", "web-01", "--mock"], home, tmp_path) as terminal:
        terminal.wait("type its name to delete")
        terminal.press("web-01", "enter")
        assert terminal.wait_end(60) == 0
    with Terminal(["vm", "show", "web-01", "--mock"], home, tmp_path) as terminal:
        assert terminal.wait_end() == 1


def test_ctrl_c_leaves_without_effect(home: dict[str, str], tmp_path: Path) -> None:
    with Terminal(["vm", "delete", "web-01", "--mock"], home, tmp_path) as terminal:
        terminal.wait("type its name to delete")
        terminal.press("ctrl+c")
        assert terminal.wait_end() == 130
        assert "Traceback" not in terminal.text
    with Terminal(["vm", "show", "web-01", "--mock"], home, tmp_path) as terminal:
        assert terminal.wait_end() == 0
