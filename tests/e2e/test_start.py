"""How the console starts, in a real terminal: which cloud it opens, what it asks, what it refuses in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from osvm_tui.cloud.mock import seed
from osvm_tui.cloud.mock.clouds_yaml import text
from osvm_tui.cloud.mock.face import served
from tests.e2e.terminal import Terminal


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[Path]:
    """A clouds.yaml in the present directory with the entries of a simulated cloud behind HTTP."""
    cloud = tmp_path / "cloud.db"
    seed.reset(cloud, vms=25)
    with served(cloud) as base_url:
        file = tmp_path / "clouds.yaml"
        file.write_text(text(base_url))
        yield file


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    assert terminal.wait_end() == 0


def refused(terminal: Terminal, *words: str) -> None:
    assert terminal.wait_end() == 1
    assert terminal.text.lstrip().startswith("osvm: ")
    assert "Traceback" not in terminal.text
    for word in words:
        assert word in " ".join(terminal.text.split())


def test_without_any_entry_the_simulated_cloud_opens(home: dict[str, str], tmp_path: Path) -> None:
    with Terminal([], home, tmp_path) as terminal:
        terminal.wait("SIMULATED")
        terminal.wait("● live")
        leave(terminal)


def test_several_entries_are_picked_from_and_the_last_used_comes_first(
    clouds: Path, home: dict[str, str], tmp_path: Path
) -> None:
    with Terminal([], home, tmp_path) as terminal:
        terminal.wait("open which")
        terminal.press("nosuch", "enter")
        terminal.wait("no such entry")
        terminal.press("demo", "enter")
        terminal.wait("osvm +demo .*● live")
        leave(terminal)
    with Terminal([], home, tmp_path) as terminal:
        terminal.wait("1 +demo")
        terminal.press("enter")
        terminal.wait("osvm +demo .*● live")
        leave(terminal)


def test_a_missing_password_is_asked_before_the_screen(clouds: Path, home: dict[str, str], tmp_path: Path) -> None:
    clouds.write_text(clouds.read_text().replace("      password: mock\n", ""))
    with Terminal(["--cloud", "demo"], home, tmp_path) as terminal:
        terminal.wait("assword")
        terminal.press("mock", "enter")
        terminal.wait("● live")
        leave(terminal)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*.json"))
    assert b"mock" not in kept


def test_wrong_credentials_show_in_the_console(clouds: Path, home: dict[str, str], tmp_path: Path) -> None:
    clouds.write_text(clouds.read_text().replace("password: mock", "password: hunter2"))
    with Terminal(["--cloud", "demo"], home, tmp_path) as terminal:
        terminal.wait("does not accept")
        assert "hunter2" not in terminal.text
        leave(terminal)
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"hunter2" in path.read_bytes()]


def test_a_broken_clouds_yaml_is_refused(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: [\n")
    with Terminal([], home, tmp_path) as terminal:
        refused(terminal, "clouds.yaml, line ")


def test_a_terminal_that_cannot_move_its_cursor_is_refused(home: dict[str, str], tmp_path: Path) -> None:
    with Terminal([], {**home, "TERM": "dumb"}, tmp_path) as terminal:
        refused(terminal, "TERM is dumb", "hint: ")


def test_a_key_for_nothing_is_refused(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[ui.keys]\n"fleet.fault" = "f9"\n')
    with Terminal([], {**home, "OSVM_CONFIG": str(tmp_path / "c.toml")}, tmp_path) as terminal:
        refused(terminal, "c.toml, line 2", "fleet.faults")


def test_a_rebound_key_works(home: dict[str, str], tmp_path: Path) -> None:
    with Terminal([], {**home, "OSVM_UI__KEYS": "fleet.faults=F"}, tmp_path) as terminal:
        terminal.wait("● live")
        terminal.press("F")
        terminal.wait(lambda text: "ACTIVE" not in text)
        leave(terminal)
