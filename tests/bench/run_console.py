"""Starts `osvm` as its command does, watched from inside: `python -m tests.bench.run_console DUMP [--stalls] ARG...`.

At its end it writes what it saw to the file DUMP. The product knows nothing of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Install the watchers, run the command line, dump."""
    dump, *arguments = sys.argv[1:]
    seen: dict[str, Any] = {"callbacks": [], "stalls": []}
    if "--stalls" in arguments:
        from tests.bench.loop_monitor import LoopMonitor

        arguments.remove("--stalls")
        monitor = LoopMonitor()
        monitor.install()
        seen = vars(monitor)
    if "--skeleton" in arguments:
        from tests.bench.skeleton import run

        code = run(int(arguments[arguments.index("--skeleton") + 1]))
    else:
        code = _run_console(arguments, seen)
    Path(dump).write_text(json.dumps(seen), encoding="utf-8")
    sys.exit(code)


def _run_console(arguments: list[str], seen: dict[str, Any]) -> int:
    from osvm_tui import bootstrap
    from osvm_tui.cli.root import run
    from tests.bench.request_log import RequestLog

    log = RequestLog()
    seen["requests"] = log.requests
    bootstrap._real_client = log.wrap(bootstrap._real_client)
    return run(arguments)


if __name__ == "__main__":
    main()
