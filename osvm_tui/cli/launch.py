"""`Launch`: the options of one run of `osvm` with its settings and paths, read when first needed. Opens nothing."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from osvm_tui.cli.entry_memory import EntryMemory
from osvm_tui.paths import Paths, config_file, find_paths
from osvm_tui.settings import Settings, load_settings

CLOUD_HELP = "An entry of clouds.yaml, or a group of the settings; may be repeated."
GROUP_HELP = "Every entry of a group of the settings; may be repeated."
MOCK_HELP = "The simulated cloud, whatever clouds.yaml says."
READ_ONLY_HELP = "Refuse every change."


class Launch:
    """What the operator asked for on the command line, in the environment and in the settings."""

    def __init__(
        self,
        *,
        clouds: tuple[str, ...] = (),
        groups: tuple[str, ...] = (),
        mock: bool = False,
        read_only: bool = False,
        environ: Mapping[str, str],
    ) -> None:
        self.clouds, self.groups = clouds, groups
        self.mock, self.read_only = mock, read_only
        self.environ = environ

    @cached_property
    def settings(self) -> Settings:
        """The settings; ConfigError when something is wrong in them."""
        return load_settings(self.config_file, self.environ)

    @property
    def config_file(self) -> Path:
        """The settings' file, whether it exists or not."""
        return config_file(self.environ)

    @cached_property
    def paths(self) -> Paths:
        """Where state and logs of this run live."""
        return find_paths(self.settings.state_dir)

    @cached_property
    def operator(self) -> str:
        """The name under which the audit knows this run."""
        return self.settings.operator or getpass.getuser()

    @cached_property
    def memory(self) -> EntryMemory:
        """What is known of clouds.yaml without loading the SDK."""
        return EntryMemory(self.paths.state_dir / "entries.json", self.environ)

    def start_logging(self) -> None:
        """Send log records to the file from here on; ConfigError when settings are wrong."""
        from osvm_tui.logs import start_logging

        start_logging(self.paths.log_file, self.settings.log.level)


def _into(attribute: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that puts an option into the run's `Launch`, over what stood before the sub-command."""

    def put(context: click.Context, _param: click.Parameter, value: Any) -> None:
        launch = context.find_object(Launch)
        if launch is not None and value:
            setattr(launch, attribute, value)

    return put


def cloud_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a sub-command take `--cloud` and its sisters too, with the meaning they have before it."""
    for option in (
        click.option("--read-only", is_flag=True, expose_value=False, callback=_into("read_only"), help=READ_ONLY_HELP),
        click.option("--mock", is_flag=True, expose_value=False, callback=_into("mock"), help=MOCK_HELP),
        click.option(
            "--group", multiple=True, metavar="NAME", expose_value=False, callback=_into("groups"), help=GROUP_HELP
        ),
        click.option(
            "--cloud", multiple=True, metavar="NAME", expose_value=False, callback=_into("clouds"), help=CLOUD_HELP
        ),
    ):
        command = option(command)
    return command
