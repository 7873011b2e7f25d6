"""`python -m tests.check`: every check of the project in one command, and what it did not run.

Needs nothing but this environment. The suites on real parts run when their variable is set, see REAL_PARTS.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

STEPS = (
    ("format", (BIN / "ruff", "format", "--check", ".")),
    ("lint", (BIN / "ruff", "check", ".")),
    ("types", (BIN / "mypy", "osvm_tui", "tests")),
    ("imports", (BIN / "lint-imports",)),
    ("tests", (sys.executable, "-m", "pytest", "-n", "4", "--dist", "worksteal", "-q")),
)
REAL_PARTS = {
    "OSVM_TEST_CLOUD": "the cloud contract and the keyboard journey on a real OpenStack",
    "OSVM_TEST_DATABASE_URL": "the store contract on PostgreSQL",
    "OSVM_TEST_SSHD": "guest shells and metrics through real sshds and a bastion",
    "OSVM_TEST_PROMETHEUS": "metrics of a real Prometheus server (its URL) with exporters",
    "OSVM_TEST_SLOW": "pulled plugs, and journeys over HTTP",
}
"""Variable and suite. `.ci/run` sets all of them."""


def main() -> int:
    """Run every step, also after one has failed; return 1 when one has."""
    failed = []
    for name, command in STEPS:
        began = time.monotonic()
        print(f"== {name}", flush=True)
        code = subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode
        print(f"== {name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
        if code:
            failed.append(name)
    for variable, suite in REAL_PARTS.items():
        if variable not in os.environ:
            print(f"== not run: {suite} ({variable} is not set)")
    print(f"== {'failed: ' + ', '.join(failed) if failed else 'all checks passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
