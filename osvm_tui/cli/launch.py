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


class Launch:
    """What the operator asked for on the command line, in the environment and in the settings."""

    def __init__(self, *, clouds: tuple[str, ...] = (), mock: bool = False, environ: Mapping[str, str]) -> None:
        self.clouds = clouds
        self.mock = mock
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


def _add_clouds(context: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> None:
    launch = context.find_object(Launch)
    if launch is not None and value:
        launch.clouds = value


def _set_mock(context: click.Context, _param: click.Parameter, value: bool) -> None:
    launch = context.find_object(Launch)
    if launch is not None and value:
        launch.mock = True


def cloud_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a sub-command take `--cloud` and `--mock` too, with the meaning they have before it."""
    cloud = click.option(
        "--cloud",
        multiple=True,
        metavar="NAME",
        expose_value=False,
        callback=_add_clouds,
        help="An entry of clouds.yaml; may be repeated.",
    )
    mock = click.option("--mock", is_flag=True, expose_value=False, callback=_set_mock, help="The simulated cloud.")
    return cloud(mock(command))
