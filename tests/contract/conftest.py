"""Prints the contract's figures under the test run, also when several processes ran it."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write every figure that a contract test recorded under the name `contract`."""
    lines = [
        str(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in getattr(report, "user_properties", ())
        if name == "contract"
    ]
    if lines:
        terminalreporter.section("contract")
        for line in sorted(lines):
            terminalreporter.write_line(line)
