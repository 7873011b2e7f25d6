"""Every verb has its `openstack` command; where the client is installed, its own parser reads each of them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from osvm_tui.domain.action import Param
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.openstack_calls import command_of_call
from osvm_tui.domain.openstack_cli import command, create_command, known
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.resources import RESOURCE_ACTIONS

WITHOUT = {"swap-volume", "inject-network-info", "create-server"}
"""No command of the client does these; a creation has an order instead of parameters."""
SAMPLES: dict[str, object] = {
    "int": 3, "flag": True, "pairs": {"role": "web", "note": "it's a test"}, "words": ["blue", "two words"],
    "secret": "hunter2",
}  # fmt: skip
ORDER = CreateVm(
    name="web 1", flavor_id="f1", image_id="i1", network_ids=("n1", "n2"), security_groups=("default",), key_name="ops",
    user_data="#!/bin/sh\necho hunter2", metadata=(("role", "web"),), description="front", availability_zone="nova",
    server_group_id="g1", hints=(("different_host", "a"), ("different_host", "b")),
)  # fmt: skip
EITHER = {"remote_group_id", "snapshot_id"}
"""Given only without their counterparts `remote_cidr` and `image_id`."""
CALLS = [
    ("GET", "/servers/detail", "compute", "server list --long"),
    ("GET", "/servers/abc", "compute", "server show abc"),
    ("DELETE", "/servers/abc", "compute", "server delete abc"),
    ("GET", "/servers/abc/os-instance-actions/req-1", "compute", "server event show abc req-1"),
    ("GET", "/servers/abc/migrations", "compute", "server migration list --server abc"),
    ("GET", "/v2.0/ports", "network", "port list --long"),
    ("GET", "/v3/p1/volumes/detail", "volume", "volume list --long"),
    ("GET", "/v2/images", "image", "image list --long"),
    ("POST", "/v3/auth/tokens", "identity", "token issue"),
    ("GET", "/os-quota-sets/p1/detail", "compute", "quota show"),
    ("POST", "/servers/abc/action", "compute", ""),
    ("GET", "/nothing", "compute", ""),
    ("GET", "/servers", "placement", ""),
]


def sample(param: Param) -> object:
    """Return something that can be given for a parameter."""
    if param.name in ("ports", "remote_cidr"):
        return "8000-8010" if param.name == "ports" else "10.0.0.0/8"
    return param.choices[0] if param.choices else SAMPLES.get(param.kind, f"some {param.name}")


def commands() -> dict[str, str]:
    """Return the command of every verb, with all its parameters and with the required ones only."""
    found = {"create-server": create_command(ORDER, "lab")}
    for number, order in enumerate((("none",), ())):
        found[f"create-server {number}"] = create_command(
            CreateVm(name="w", flavor_id="f", image_id="i", network_ids=order)
        )
    specs = {name: spec.params for name, spec in ACTIONS.items()}
    specs |= {name: spec.params for name, spec in RESOURCE_ACTIONS.items()}
    for action_id, given in specs.items():
        params = {param.name: sample(param) for param in given if param.name not in EITHER}
        needed = {param.name: sample(param) for param in given if param.required}
        if action_id not in WITHOUT:
            found[action_id] = command(action_id, "some id", params, "lab")
            found[f"{action_id} (least)"] = command(action_id, "some id", needed)
    found["set-metadata (project)"] = command("set-metadata", "id", {"metadata": {"k": "a,b=c"}}, "lab", "p-2")
    found["set-tags (drop)"] = command("set-tags", "id", {"tags": ["a"], "drop": ["b", "c"]})
    found["security-group.add-rule (v6)"] = command(
        "security-group.add-rule", "id", {"protocol": "tcp", "ports": "80-90", "remote_cidr": "::/0"}
    )
    found["volume.create (copy)"] = command("volume.create", "", {"name": "v", "size_gib": 1, "snapshot_id": "s"})
    found["security-group.add-rule (group)"] = command("security-group.add-rule", "id", {"remote_group_id": "g"})
    found |= {f"{call} {path}": command_of_call(call, path, service) for call, path, service, _ in CALLS}
    return {name: line for name, line in found.items() if line}


def test_every_verb_has_a_command() -> None:
    assert {action_id for action_id in {**ACTIONS, **RESOURCE_ACTIONS} if not known(action_id)} == WITHOUT


@pytest.mark.parametrize(("method", "path", "service", "words"), CALLS)
def test_a_call_is_told_as_the_command_that_asks_the_same(method: str, path: str, service: str, words: str) -> None:
    assert command_of_call(method, path, service, "lab") == (f"openstack --os-cloud lab {words}" if words else "")


def test_no_command_carries_a_secret_and_each_word_stays_one() -> None:
    assert not any("hunter2" in line for line in commands().values())
    assert '--password "$OSVM_PASSWORD"' in commands()["change-password"]
    assert '--user-data "$OSVM_USER_DATA_FILE"' in commands()["create-server"]
    words = shlex.split(command("update-server", "id", {"name": "a b; $(reboot) 'c'"}, "my cloud"))
    assert words == ["openstack", "--os-cloud", "my cloud", "server", "set", "--name", "a b; $(reboot) 'c'", "id"]


def test_every_part_goes_through_the_entry_and_the_project_that_the_console_is_in() -> None:
    said = command("set-tags", "v1", {"tags": ["new"], "drop": ["old"]}, "lab", "p-2").split(" && ")
    where = "openstack --os-cloud lab --os-project-id p-2"
    assert [part.startswith(f"{where} --os-compute-api-version 2.26 server ") for part in said] == [True, True]
    assert create_command(ORDER, "lab", "p-2").startswith(f"{where} --os-compute-api-version 2.37 server create")
    assert command_of_call("GET", "/servers/abc", "compute", "lab", "p-2") == f"{where} server show abc"


@pytest.mark.parametrize(
    ("action", "params", "line"),
    [
        ("stop", {}, "openstack server stop v1"),
        ("reboot-hard", {}, "openstack server reboot --hard v1"),
        ("resize", {"flavor_id": "m1"}, "openstack server resize --flavor m1 v1"),
        ("live-migrate", {"host": "c2"},
         "openstack --os-compute-api-version 2.30 server migrate --live-migration --host c2 v1"),
        ("migrate", {}, "openstack server migrate v1"),
        ("set-metadata", {"metadata": {"a": "1", "b": "2"}}, "openstack server set --property a=1 --property b=2 v1"),
        ("set-tags", {"tags": [], "drop": ["old"]},
         "openstack --os-compute-api-version 2.26 server unset --tag old v1"),
        ("attach-interface", {"network_id": "n", "fixed_ip": "10.0.0.9"},
         "openstack --os-compute-api-version 2.49 server add fixed ip --fixed-ip-address 10.0.0.9 v1 n"),
        ("volume.snapshot", {"name": "s"}, "openstack volume snapshot create --force --volume v1 s"),
        ("inject-network-info", {}, ""),
    ],
)  # fmt: skip
def test_commands_say_what_the_verb_says(action: str, params: dict[str, object], line: str) -> None:
    assert command(action, "v1", params) == line


READER = """
import argparse, importlib.metadata, json, sys
groups = {}
for point in importlib.metadata.distribution("python-openstackclient").entry_points:
    if point.group.startswith("openstack."):
        groups.setdefault(point.name.replace("_", " "), point)
class App:
    options = None
    class client_manager:
        compute = None
wrong = {}
for name, line in json.load(sys.stdin).items():
    words = line[1:]
    while words[0].startswith("--os-"):
        words = words[2:]
    size = max((n for n in range(1, len(words) + 1) if " ".join(words[:n]) in groups), default=0)
    if not size:
        wrong[name] = "no such command"
        continue
    try:
        parser = groups[" ".join(words[:size])].load()(App, None).get_parser("openstack")
        parser.parse_args(words[size:])
    except (Exception, SystemExit):
        wrong[name] = " ".join(words)
print(json.dumps(wrong))
"""


def test_the_clients_own_parser_reads_every_command() -> None:
    client = shutil.which("openstack")
    if client is None:
        pytest.skip("python-openstackclient is not installed")
    interpreter = Path(client).read_text().splitlines()[0].removeprefix("#!").strip()
    lines = {
        f"{name} {number}": shlex.split(re.sub(r'"\$(\w+)"', r"\1", part))
        for name, line in commands().items()
        for number, part in enumerate(line.split(" && "))
    }
    run = subprocess.run(
        [interpreter, "-c", READER], input=json.dumps(lines), capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert json.loads(run.stdout.splitlines()[-1]) == {}, run.stderr[-3000:]
