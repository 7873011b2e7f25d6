"""`python -m tests.bench`: measure the console on this machine and print JSON. Asserts nothing.

`fidelity` prints a table instead: the simulated cloud beside a real one, and fails for what nobody explains.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.bench.machine import machine


def main() -> None:
    """Run what was asked for and print its figures."""
    options = _options()
    if options.what == "fidelity":
        from tests.bench import fidelity

        fidelity.main()
    if options.what == "metrics":
        from tests.bench.metric_bench import measure_metrics

        figures = measure_metrics(options.vms or (50 if options.quick else 500), options.seed)
    elif options.what == "ssh":
        from tests.bench.probe_bench import measure_ssh

        figures = measure_ssh(options.vms or (60 if options.quick else 300), 5.0 if options.quick else 30.0)
    elif options.what == "money":
        from tests.bench.money_bench import measure_money

        figures = measure_money(options.vms or (50 if options.quick else 500), options.seed)
    elif options.what == "lab":
        from tests.bench.lab_bench import measure_lab

        figures = measure_lab(options.cloud, vms=options.vms or 1000, client=not options.no_client)
    else:
        from tests.bench.console_bench import Size, measure_console

        figures = measure_console(Size.of(options), seed=options.seed)
    print(json.dumps({**_frame(), **figures}, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=("console", "lab", "fidelity", "metrics", "money", "ssh"), default="console"
    )
    parser.add_argument(
        "--vms",
        type=int,
        default=0,
        help="how many VMs (console 10000, lab 1000, metrics and money 500, ssh 300; quick 1000, 50, 60)",
    )
    parser.add_argument("--starts", type=int, default=20, help="starts of console and skeleton, alternating")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long CPU is watched, quiet and in churn")
    parser.add_argument("--rate", type=float, default=100.0, help="changes a second of the churn")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="a slice of about a minute")
    parser.add_argument("--cloud", default="admin", help="lab: the entry of clouds.yaml")
    parser.add_argument("--no-client", action="store_true", help="lab: leave python-openstackclient out")
    return parser.parse_args()


def _frame() -> Mapping[str, Any]:
    return {"command": " ".join(["python -m tests.bench", *sys.argv[1:]]), **machine()}


if __name__ == "__main__":
    main()
