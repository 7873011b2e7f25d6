"""The baseline: our own app, widgets and sheets over a ConsoleApi in memory, with no services, no cloud and no store.

For starts it has no rows. For keys it has some that never change, because an empty table paints nothing at a key.
"""

from __future__ import annotations

import sys

ROWS_FOR_KEYS = 2000


def run(rows: int) -> int:
    """Run the skeleton until ctrl-q."""
    from osvm_tui.ui.app import OsvmApp
    from osvm_tui.ui.options import UiOptions
    from tests.pilot.fake_console import FakeConsole

    app = OsvmApp(FakeConsole(rows), UiOptions())
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1])))
