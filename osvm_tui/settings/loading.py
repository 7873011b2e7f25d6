"""`load_settings`: config.toml and `OSVM_*` variables to `Settings`; knows no consumer of them.

A variable wins over the file, the file over the default. Whatever is wrong is a ConfigError that names the file and
line, or the variable, with the key and what was expected.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from osvm_tui.domain.errors import ConfigError
from osvm_tui.settings.lines import line_of
from osvm_tui.settings.schema import CloudSettings, Settings
from osvm_tui.settings.ssh_rules import SECTION, ssh_rules

PREFIX = "OSVM_"
NOT_SETTINGS = ("OSVM_CONFIG", "OSVM_SECRET_", "OSVM_TEST_", "OSVM_LAB", "OSVM_BENCH_")
"""Variables (or beginnings) that are ours and no settings: the place of the file, passwords, what tests read."""
_NAMED = ("groups", "cloud")
"""Tables whose keys are names that the operator chose; in the file only."""

_Path = tuple[str, ...]


def load_settings(file: Path, environ: Mapping[str, str]) -> Settings:
    """Read `file` (which need not exist) and `environ`; raise ConfigError for the first thing that is wrong."""
    types = dict(_leaves(Settings))
    values = {**_from_file(file, types), **_from_environ(environ, types)}
    return msgspec.convert(_nested(values), Settings)


def variable(path: _Path) -> str:
    """Return the name of the environment variable of a setting."""
    return PREFIX + "__".join(path).upper()


def setting_paths() -> tuple[_Path, ...]:
    """Return the path of every setting, in the order of the schema."""
    return tuple(path for path, _ in _leaves(Settings))


def _leaves(struct: type[msgspec.Struct], at: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    for field in msgspec.structs.fields(struct):
        if field.name in (SECTION, *_NAMED):
            continue
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from _leaves(field.type, (*at, field.name))
        else:
            yield (*at, field.name), field.type


def _from_file(file: Path, types: Mapping[_Path, Any]) -> dict[_Path, Any]:
    text = _read(file)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"at line (\d+)", str(error))
        line = told[1] if told else len(text.splitlines())
        raise ConfigError(f"{file}, line {line}: not valid TOML: {error}", hint="correct it there") from None
    found: dict[_Path, Any] = {(SECTION,): ssh_rules(data.pop(SECTION, []), text, file)}
    types = {**types, **dict(_named(data))}
    for path, value in _walk(data, types):
        where = f"{file}, line {line_of(text, path)}"
        found[path] = _checked(value, path, types, f"{where}: {'.'.join(path)}", strict=True)
    return found


def _named(data: Mapping[str, Any]) -> Iterator[tuple[_Path, Any]]:
    """Yield the settings that a file has by its own names: of every group, and of every cloud that it speaks of."""
    for section, kind in (("groups", tuple[str, ...]), ("cloud", CloudSettings)):
        names = data.get(section, {})
        for name in names if isinstance(names, dict) and names else ("NAME",):
            yield from _leaves(CloudSettings, (section, name)) if kind is CloudSettings else [((section, name), kind)]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}", hint="fix its permissions or move it aside") from None


def _walk(data: Mapping[str, Any], types: Mapping[_Path, Any], at: _Path = ()) -> Iterator[tuple[_Path, Any]]:
    """Yield settings, and whatever is none at the deepest place where it could have been one."""
    for key, value in data.items():
        path = (*at, key)
        is_section = path not in types and any(known[: len(path)] == path for known in types)
        if is_section and isinstance(value, dict):
            yield from _walk(value, types, path)
        else:
            yield path, value


def _from_environ(environ: Mapping[str, str], types: Mapping[_Path, Any]) -> dict[_Path, Any]:
    found: dict[_Path, Any] = {}
    for name in sorted(environ):
        if name.startswith(PREFIX) and not name.startswith(NOT_SETTINGS):
            path = tuple(name[len(PREFIX) :].lower().split("__"))
            value = _from_text(environ[name], types.get(path))
            found[path] = _checked(value, path, types, f"environment variable {name}", strict=False)
    return found


def _from_text(text: str, kind: Any) -> Any:
    """Split what a variable can only hold as text: lists at commas, tables as `key=value` at commas."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if kind == tuple[str, ...]:
        return parts
    if kind == dict[str, str]:
        pairs = (part.partition("=") for part in parts)
        return {key.strip(): value.strip() for key, _, value in pairs}
    return text


def _checked(value: Any, path: _Path, types: Mapping[_Path, Any], where: str, *, strict: bool) -> Any:
    if path not in types:
        raise ConfigError(f"{where}: {_not_a_setting(path, types)}", hint="README lists every setting")
    try:
        return msgspec.convert(value, types[path], strict=strict)
    except msgspec.ValidationError as error:
        wanted = _expected(str(error), types[path])
        raise ConfigError(f"{where}: expected {wanted}, got {value!r}", hint="correct it or remove it") from None


def _not_a_setting(path: _Path, types: Mapping[_Path, Any]) -> str:
    if any(known[: len(path)] == path for known in types):
        return "this is a table of settings, not a setting"
    name = ".".join(path)
    names = {".".join(known[:depth]) for known in types for depth in range(1, len(known) + 1)}
    near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.5)
    return f"unknown setting {name}" + (f"; did you mean {near[0]}?" if near else "")


def _expected(message: str, kind: Any) -> str:
    """Turn msgspec's sentence ("Expected `bool`, got `str`") into what was expected, choices spelled out."""
    info = msgspec.inspect.type_info(kind)
    if isinstance(info, msgspec.inspect.LiteralType):
        return "one of " + ", ".join(str(value) for value in info.values)
    found = re.match(r"Expected (.+?)(?:, got .*)?(?: - at .*)?$", message)
    words = (found[1] if found else message).replace("`", "")
    return {"bool": "true or false", "str": "a text", "array": "a list of texts", "object": "a table"}.get(
        words, words.replace("int", "a whole number").replace("float", "a number")
    )


def _nested(values: Mapping[_Path, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        place = tree
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return tree
