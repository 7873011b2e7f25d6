"""`osvm ssh`: what is typed behind the VM's name is the guest's, never an option of ssh."""

from __future__ import annotations

import shlex

import pytest

from tests.unit.cli.conftest import Osvm


@pytest.mark.parametrize("dashes", ["", "-- "])
def test_words_that_begin_with_a_dash_are_run_by_the_guest(cloud: Osvm, dashes: str) -> None:
    told = cloud(f"ssh --print web-01 {dashes}-oProxyCommand=x -l root")
    assert told.code == 0, told.err
    words = shlex.split(told.out)
    assert words[-3] == "--"
    assert words[-1] == " -oProxyCommand=x -l root"


def test_a_name_that_begins_with_a_dash_is_a_name(cloud: Osvm) -> None:
    assert cloud("vm update-server web-01 --name -oProxyCommand=x").code == 0
    words = shlex.split(cloud("ssh --print -- -oProxyCommand=x uptime").out)
    assert words[-3] == "--"
    assert words[-1] == "uptime"
    assert "-oProxyCommand=x" not in words
    assert cloud("ssh forget -- -oProxyCommand=x").err.strip() == "no host key was accepted yet"
