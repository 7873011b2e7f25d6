"""Journeys from the first screen by keys only; prints how many keys each took."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.pilot.journeys.walker import Walker, walking

Journey = Callable[..., AbstractAsyncContextManager[Walker]]


@pytest.fixture
def journey(tmp_path: Path, record_property: Callable[[str, object], None], request: Any) -> Journey:
    """Return a factory of walkers; a journey that ends well is recorded with its key count."""

    @asynccontextmanager
    async def begin(**how: Any) -> AsyncIterator[Walker]:
        async with walking(tmp_path, **how) as walker:
            yield walker
            name = request.node.name.removeprefix("test_").replace("_", " ")
            record_property("journey", f"{walker.pressed:3} keys  {name}")

    return begin


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write every journey's key count, also when several processes walked them."""
    lines = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in getattr(report, "user_properties", ())
        if name == "journey"
    ]
    if lines:
        terminalreporter.section("journeys")
        for line in sorted(lines, key=lambda line: line[9:]):
            terminalreporter.write_line(line)
