"""The budget of files and functions, docstrings, and what must not stand in a tracked file."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "osvm_tui"
BINARY = {".png", ".svg", ".gz", ".whl", ".db"}

MACHINE_PATHS = [f"/{place}/" for place in ("work", "root", "Users/[A-Za-z]+", "tmp/venv", "tmp/notes")]
REGISTRIES = [rf"pypi\.{ending}|pythonhosted\.{ending}|simple/\b" for ending in ("org",)] + [
    "index" + "-url",
    "extra" + "-index",
]


@cache
def sources() -> tuple[Path, ...]:
    return tuple(sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def tracked() -> list[Path]:
    """Return the files under version control; in an unpacked sdist all that are there."""
    if (ROOT / ".git").exists():
        told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        paths = [ROOT / name for name in told.stdout.split("\0") if name]
    else:
        paths = [path for top in ("osvm_tui", "styles", "tests") for path in (ROOT / top).rglob("*")]
    return [path for path in paths if path.is_file() and path.suffix not in BINARY and "__pycache__" not in path.parts]


def test_no_file_is_over_budget() -> None:
    long = {str(path.relative_to(ROOT)): lines(path) for path in sources() if lines(path) > 400}
    assert long == {}
    filled = [lines(path) for path in sources() if path.name != "__init__.py"]
    assert statistics.median(filled) <= 140


def test_the_app_and_the_screens_stay_small() -> None:
    assert lines(PACKAGE / "ui" / "app.py") < 200
    long = {path.name: lines(path) for path in (PACKAGE / "ui" / "screens").glob("*.py") if lines(path) >= 250}
    assert long == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{path.relative_to(PACKAGE)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in sources()
        if "migrations" not in path.parts
        for node in functions(path)
    }
    ordered = sorted(lengths.values())
    assert ordered[int(len(ordered) * 0.9)] <= 35
    assert {name: length for name, length in lengths.items() if length > 62} == {}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_everything_public_says_what_it_is(path: Path) -> None:
    module = tree(path)
    silent = [] if ast.get_docstring(module) or not module.body else ["the module"]
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            silent += [] if ast.get_docstring(node) else [node.name]
            silent += [f"{node.name}.{name}" for name in _silent_methods(node)]
    assert silent == []


def _silent_methods(node: ast.AST) -> Iterator[str]:
    """Yield public methods without a sentence; those of a class with bases may have theirs from there."""
    if not isinstance(node, ast.ClassDef) or node.bases:
        return
    for method in node.body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or method.name.startswith("_"):
            continue
        if not ast.get_docstring(method):
            yield method.name


@pytest.mark.parametrize("pattern", [*MACHINE_PATHS, *REGISTRIES])
def test_no_machine_and_no_registry_is_named(pattern: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line[:100]}"
        for path in tracked()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    words = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)))
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]
    assert found == []
