"""Settings from file and environment, and every way in which they can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from osvm_tui.domain.errors import ConfigError
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.settings import CloudSettings, Settings, load_settings
from osvm_tui.settings.loading import setting_paths, variable


def load(tmp_path: Path, text: str = "", **environ: str) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load_settings(file, environ)


def refusal(tmp_path: Path, text: str = "", **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, **environ)
    assert caught.value.hint
    return caught.value.detail


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "absent.toml", {}) == Settings()


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    settings = load(tmp_path, '[ui]\ntheme = "dark"\nmouse = false\n', OSVM_UI__THEME="light")
    assert settings.ui.theme == "light"
    assert settings.ui.mouse is False
    assert settings.ui.glyphs == Settings().ui.glyphs


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(AttributeError):
        settings.operator = "somebody"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[ui]\n\ntheme = "blue"', ["line 3", "ui.theme", "dark", "contrast", "'blue'"]),
        ("[ui]\nmouse = 3", ["line 2", "ui.mouse", "true or false", "3"]),
        ("[api]\nrate = -1", ["line 2", "api.rate", "> 0"]),
        ("[api]\nconcurrency = 2.5", ["line 2", "api.concurrency", "whole number"]),
        ('clouds = "prod"', ["line 1", "clouds", "list of texts"]),
        ("[poll]\nidle_s = true", ["line 2", "poll.idle_s", "number"]),
        ("[ui.keys]\nx = 1", ["line 1", "ui.keys", "text"]),
        ('\n[ui]\nthme = "dark"', ["line 3", "unknown setting ui.thme", "did you mean ui.theme?"]),
        ("[pol]\nidle_s = 1", ["line 1", "unknown setting pol", "did you mean poll?"]),
        ("ui = 3", ["line 1", "ui", "table of settings"]),
        ('[groups]\nprod = "eu"', ["line 2", "groups.prod", "list of texts", "'eu'"]),
        ('[cloud.eu]\n\ncolour = "pink"', ["line 3", "cloud.eu.colour", "amber", "'pink'"]),
        ("[cloud.eu]\nread_only = 1", ["line 2", "cloud.eu.read_only", "true or false"]),
        ("[cloud.eu]\nreadonly = true", ["line 2", "unknown setting cloud.eu.readonly", "cloud.eu.read_only?"]),
        ("[cloud]\neu = true", ["line 2", "cloud.eu", "table of settings"]),
        ("groups = 3", ["line 1", "groups", "table of settings"]),
        ("[ui]\ntheme = ", ["not valid TOML", "line 2"]),
    ],
)
def test_a_wrong_file_is_told_by_file_line_and_key(tmp_path: Path, text: str, words: list[str]) -> None:
    detail = refusal(tmp_path, text)
    assert str(tmp_path / "config.toml") in detail
    for word in words:
        assert word in detail


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("OSVM_UI__MOUSE", "perhaps", ["true or false", "'perhaps'"]),
        ("OSVM_API__CONCURRENCY", "many", ["whole number"]),
        ("OSVM_CONSOLE_ROLE", "king", ["viewer", "auditor", "operator", "admin"]),
        ("OSVM_OPERATR", "x", ["unknown setting", "did you mean operator?"]),
        ("OSVM_UI", "x", ["table of settings"]),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path, name: str, value: str, words: list[str]) -> None:
    detail = refusal(tmp_path, **{name: value})
    for word in (name, *words):
        assert word in detail


def test_an_unreadable_file_is_an_error_and_not_the_defaults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize("path", setting_paths(), ids=variable)
def test_every_setting_has_its_variable(tmp_path: Path, path: tuple[str, ...]) -> None:
    value: object = Settings()
    for part in path:
        value = getattr(value, part)
    text = {bool: "false", tuple: "a, b", dict: "vm.stop=f9"}.get(type(value), str(value))
    assert load(tmp_path, **{variable(path): text})


def test_lists_and_tables_in_variables(tmp_path: Path) -> None:
    settings = load(tmp_path, OSVM_CLOUDS="prod, lab", OSVM_UI__KEYS="vm.stop=f9,vm.start=f8")
    assert settings.clouds == ("prod", "lab")
    assert settings.ui.keys == {"vm.stop": "f9", "vm.start": "f8"}


def test_variables_of_tests_and_of_the_file_s_place_are_no_settings(tmp_path: Path) -> None:
    assert load(tmp_path, OSVM_CONFIG="x", OSVM_TEST_CLOUD="demo", OSVM_LAB="y", OTHER="z") == Settings()


def test_groups_and_clouds_go_by_the_operator_s_own_names(tmp_path: Path) -> None:
    text = """
        [groups]
        prod = ["eu", "us.west"]
        [cloud.eu]
        colour = "red"
        production = true
        [cloud."us.west"]
        read_only = true
        project = "web"
    """
    settings = load(tmp_path, text)
    assert settings.groups == {"prod": ("eu", "us.west")}
    assert settings.cloud == {
        "eu": CloudSettings(colour="red", production=True),
        "us.west": CloudSettings(read_only=True, project="web"),
    }


def test_console_roles_are_those_of_the_domain(tmp_path: Path) -> None:
    for role in ConsoleRole:
        assert load(tmp_path, OSVM_CONSOLE_ROLE=role.value).console_role == role.value
