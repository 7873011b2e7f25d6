"""`main`: the group `osvm`, its options, and the turn from errors to exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from osvm_tui import __version__
from osvm_tui.cli.exits import Exit, tell, tell_defect
from osvm_tui.cli.launch import CLOUD_HELP, GROUP_HELP, MOCK_HELP, READ_ONLY_HELP, Launch
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.errors import OsvmError
from osvm_tui.paths import find_paths

COMMANDS = {
    "vm": "osvm_tui.cli.vm:vm",
    "ssh": "osvm_tui.cli.ssh:ssh",
    "op": "osvm_tui.cli.op:op",
    "cost": "osvm_tui.cli.cost:cost",
    "audit": "osvm_tui.cli.audit:audit",
    "metrics": "osvm_tui.cli.metrics:metrics",
    "alerts": "osvm_tui.cli.alerts:alerts",
    "mock": "osvm_tui.cli.mock:mock",
    "store": "osvm_tui.cli.store:store",
    "doctor": "osvm_tui.cli.doctor:doctor",
}
"""Where each sub-command is defined."""
RESOURCES = tuple(kind.value for kind in CatalogKind)
"""What VMs stand on: a sub-command each, generated when it is called."""


class LateGroup(click.Group):
    """A group that imports a sub-command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all sub-commands."""
        return [*COMMANDS, *RESOURCES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one sub-command, None for a name that is none."""
        if cmd_name in RESOURCES:
            from osvm_tui.cli.resource_groups import group

            return group(cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=LateGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="osvm")
@click.option("--cloud", "clouds", multiple=True, metavar="NAME", help=CLOUD_HELP)
@click.option("--group", "groups", multiple=True, metavar="NAME", help=GROUP_HELP)
@click.option("--mock", is_flag=True, help=MOCK_HELP)
@click.option("--read-only", is_flag=True, help=READ_ONLY_HELP)
@click.pass_context
def osvm(context: click.Context, clouds: tuple[str, ...], groups: tuple[str, ...], mock: bool, read_only: bool) -> None:
    """Run OpenStack VMs from the terminal. Without a command: the full-screen console."""
    context.obj = Launch(clouds=clouds, groups=groups, mock=mock, read_only=read_only, environ=dict(os.environ))
    if context.invoked_subcommand is None:
        from osvm_tui.cli.console import open_console

        context.exit(open_console(context.obj))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with one of `Exit`; never with a traceback."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    try:
        with osvm.make_context("osvm", list(arguments)) as context:
            result = osvm.invoke(context)
        return int(result or Exit.DONE)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.FAILED
    except (KeyboardInterrupt, click.Abort):
        print("osvm: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except OsvmError as error:
        return tell(error)
    except Exception as error:
        return tell_defect(error, _log_to())


def _log_to() -> Path:
    """Open the log file, where settings are wrong the default one, and return it."""
    launch = Launch(environ=dict(os.environ))
    with contextlib.suppress(OsvmError):
        launch.start_logging()
        return launch.paths.log_file
    from osvm_tui.logs import start_logging

    file = find_paths().log_file
    start_logging(file)
    return file
