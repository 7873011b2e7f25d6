"""First contact: whatever is wrong is one clear sentence and a way on; never a traceback, never a secret."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from osvm_tui.cloud.mock.clouds_yaml import text
from osvm_tui.cloud.mock.face import served
from tests.unit.cli.conftest import Osvm, Told


@pytest.fixture
def face(cloud: Osvm, bare: Path) -> Iterator[str]:
    """A simulated cloud behind HTTP, with its clouds.yaml in the present directory."""
    with served(bare / "state" / "mock-cloud.db") as base_url:
        (bare / "clouds.yaml").write_text(text(base_url))
        yield base_url


def refused(told: Told, code: int, *words: str) -> None:
    assert told.code == code, told.err
    assert told.out == ""
    assert told.err.startswith("osvm: ")
    assert "Traceback" not in told.err
    assert "internal error" not in told.err
    assert "hint: " in told.err
    for word in words:
        assert word in told.err


def rewrite(bare: Path, old: str, new: str) -> None:
    file = bare / "clouds.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_a_good_entry_works(face: str, osvm: Osvm) -> None:
    assert osvm("vm list --cloud demo").code == 0


def test_wrong_credentials(face: str, osvm: Osvm, bare: Path) -> None:
    rewrite(bare, "password: mock", "password: hunter2")
    told = osvm("vm list --cloud demo")
    refused(told, 1, "demo")
    assert "hunter2" not in told.err


def test_no_route(osvm: Osvm, bare: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        (bare / "clouds.yaml").write_text(text(f"http://127.0.0.1:{free.getsockname()[1]}"))
        refused(osvm("vm list --cloud demo"), 4, "127.0.0.1")


def test_no_such_cloud(face: str, osvm: Osvm) -> None:
    refused(osvm("vm list --cloud demmo"), 1, "demmo", "admin-demo", "reader")


def test_several_entries_and_no_choice(face: str, osvm: Osvm) -> None:
    refused(osvm("vm list"), 1, "admin-demo", "--cloud")


def test_os_cloud_chooses(face: str, osvm: Osvm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "demo")
    assert osvm("vm list").code == 0


def test_the_settings_choose(face: str, osvm: Osvm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSVM_CLOUDS", "demo")
    assert osvm("vm list").code == 0


def test_a_broken_clouds_yaml_is_an_error_and_never_the_simulated_cloud(osvm: Osvm, bare: Path) -> None:
    (bare / "clouds.yaml").write_text("clouds:\n  demo:\n   auth: [\n")
    for line in ("vm list", "vm list --cloud demo"):
        told = osvm(line)
        assert (told.code, told.out) == (1, "")
        assert "clouds.yaml, line " in told.err


def test_an_entry_named_mock_is_refused(osvm: Osvm, bare: Path) -> None:
    (bare / "clouds.yaml").write_text("clouds: {mock: {auth: {auth_url: 'http://127.0.0.1:1/v3'}}}\n")
    refused(osvm("vm list"), 1, "reserved")


def test_a_missing_password_cannot_be_asked_without_a_terminal(face: str, osvm: Osvm, bare: Path) -> None:
    rewrite(bare, "      password: mock\n", "")
    refused(osvm("vm list --cloud demo"), 1, "demo", "assword", "secure.yaml")


def test_wrong_settings_name_file_line_and_key(osvm: Osvm, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / "c.toml").write_text("[ui]\n\nglyphs = 'emoji'\n")
    monkeypatch.setenv("OSVM_CONFIG", str(bare / "c.toml"))
    refused(osvm("vm list"), 1, "c.toml, line 3: ui.glyphs", "unicode")


def test_the_console_needs_a_terminal(osvm: Osvm) -> None:
    refused(osvm(""), 1, "terminal")


def test_wrong_usage(osvm: Osvm) -> None:
    for line in ("vm lst", "nosuch", "vm list --output yaml", "vm stop"):
        told = osvm(line)
        assert told.code == 2
        assert "Usage: " in told.err
