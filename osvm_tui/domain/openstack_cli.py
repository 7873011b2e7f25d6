"""Every change of the tables said as `openstack` command lines, quoted for a POSIX shell. Pure; runs nothing.

Source: the command reference of python-openstackclient 6.0. Where an option needs a newer compute API than the client's
own default, the line asks for it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from osvm_tui.domain.operations import CreateVm

Params = Mapping[str, Any]
PASSWORD = "OSVM_PASSWORD"
"""The shell variable that stands for a secret; its value is never written."""
USER_DATA, PUBLIC_KEY = "OSVM_USER_DATA_FILE", "OSVM_PUBLIC_KEY_FILE"
"""Shell variables that name files whose content a command line cannot carry."""


class Variable(str):
    """A word that the shell replaces: quoted so that it stays one word."""


def line(words: list[str], cloud: str = "", project: str = "") -> str:
    """Return one command line through an entry of clouds.yaml, in another project (id) than its own if given.

    Empty for no words. The client prefers an id given like this to whatever project the entry names.
    """
    if not words:
        return ""
    said = ["openstack", *_option("--os-cloud", cloud), *_option("--os-project-id", project), *words]
    return " ".join(f'"${word}"' if isinstance(word, Variable) else shlex.quote(word) for word in said)


def command(action_id: str, target: str, params: Params, cloud: str = "", project: str = "") -> str:
    """Return the command of a verb on a VM or resource; several are joined by `&&`, none is an empty text.

    `target` is the id; of a compute service the host, of a key pair the name. A secret becomes `$OSVM_PASSWORD`.
    """
    make = _TABLE.get(action_id)
    if make is None:
        return ""
    made = make(target, params)
    lines = made if made and isinstance(made[0], list) else [made]
    return " && ".join(line([*_version(action_id, params), *one], cloud, project) for one in lines if one)


def create_command(order: CreateVm, cloud: str = "", project: str = "") -> str:
    """Return the command that creates one VM; user data is read from the file that `$OSVM_USER_DATA_FILE` names."""
    words = ["server", "create", "--flavor", order.flavor_id, "--image", order.image_id, *_networks(order)]
    words += _each("--security-group", order.security_groups)
    words += _option("--key-name", order.key_name) + _option("--availability-zone", order.availability_zone)
    words += ["--user-data", Variable(USER_DATA)] if order.user_data else []
    words += _each("--property", [f"{key}={value}" for key, value in order.metadata])
    words += _option("--hint", order.server_group_id and f"group={order.server_group_id}")
    words += _each("--hint", [f"{key}={value}" for key, value in order.hints])
    words += _option("--description", order.description)
    return line([*_api("2.37"), *words, order.name], cloud, project)


def known(action_id: str) -> bool:
    """Return whether there is a command for this verb."""
    return action_id in _TABLE


def _option(name: str, value: object) -> list[str]:
    return [name, str(value)] if value not in (None, "") else []


def _each(name: str, values: Any) -> list[str]:
    return [word for value in values for word in (name, str(value))]


def _api(version: str) -> list[str]:
    return ["--os-compute-api-version", version]


def _networks(order: CreateVm) -> list[str]:
    if order.network_ids == ("none",):
        return ["--nic", "none"]
    return _each("--network", order.network_ids) or ["--nic", "auto"]


def _version(action_id: str, params: Params) -> list[str]:
    needed = _VERSIONS.get(action_id)
    if needed is None or not (needed[1] == "" or params.get(needed[1]) not in (None, "")):
        return []
    return _api(needed[0])


_VERSIONS: dict[str, tuple[str, str]] = {
    "lock": ("2.73", "reason"),
    "update-server": ("2.19", "description"),
    "trigger-crash-dump": ("2.17", ""),
    "migrate": ("2.56", "host"),
    "live-migrate": ("2.30", ""),
    "live-migrate-force-complete": ("2.22", ""),
    "live-migrate-abort": ("2.24", ""),
    "evacuate": ("2.29", "host"),
    "set-tags": ("2.26", ""),
    "delete-tags": ("2.26", ""),
    "update-volume-attachment": ("2.85", ""),
    "attach-interface": ("2.49", ""),
    "server-group.create": ("2.64", ""),
    "service.disable": ("2.53", ""),
    "service.enable": ("2.53", ""),
}
"""Compute API version that a verb needs, and the parameter without which it does not."""

Made = list[str] | list[list[str]]
Make = Callable[[str, Params], Any]


def _server(*words: str) -> Make:
    return lambda target, params: ["server", *words, target]


def _about(target: str, params: Params, *words: str) -> list[str]:
    """Return a command that sets name and description; an empty description takes the old one away."""
    about = ["--description", str(params["description"])] if params.get("description") is not None else []
    return [*words, *_option("--name", params.get("name")), *about, target]


def _interface(target: str, params: Params) -> list[str]:
    if params.get("fixed_ip"):
        return ["server", "add", "fixed", "ip", "--fixed-ip-address", params["fixed_ip"], target, params["network_id"]]
    return ["server", "add", "network", target, params["network_id"]]


def _tags(target: str, params: Params) -> list[list[str]]:
    """`server set` only adds: `drop` names the tags that the VM has and shall not keep."""
    drop, wanted = _each("--tag", params.get("drop", ())), _each("--tag", params["tags"])
    return [["server", verb, *words, target] for verb, words in (("unset", drop), ("set", wanted)) if words]


def _keep_volume(target: str, params: Params) -> list[str]:
    kept = "--delete-on-termination" if params["delete_on_termination"] else "--preserve-on-termination"
    return ["server", "volume", "update", kept, target, params["volume_id"]]


def _move(target: str, params: Params, *words: str) -> list[str]:
    return ["server", *words, *_option("--host", params.get("host")), target]


_VM: dict[str, Make] = {
    **{verb: _server(verb) for verb in ("start", "stop", "pause", "unpause", "suspend", "resume", "shelve")},
    **{verb: _server(verb) for verb in ("unshelve", "unlock", "unrescue", "restore", "delete")},
    "soft-delete": _server("delete"),
    "force-delete": _server("delete", "--force"),
    "reboot-soft": _server("reboot", "--soft"),
    "reboot-hard": _server("reboot", "--hard"),
    "shelve-offload": _server("shelve", "--offload"),
    "confirm-resize": _server("resize", "confirm"),
    "revert-resize": _server("resize", "revert"),
    "trigger-crash-dump": _server("dump", "create"),
    "lock": lambda target, params: ["server", "lock", *_option("--reason", params.get("reason")), target],
    "update-server": lambda target, params: _about(target, params, "server", "set"),
    "rescue": lambda target, params: ["server", "rescue", *_option("--image", params.get("image_id")), target],
    "rebuild": lambda target, params: ["server", "rebuild", "--image", params["image_id"], target],
    "resize": lambda target, params: ["server", "resize", "--flavor", params["flavor_id"], target],
    "change-password": lambda target, params: ["server", "set", "--password", Variable(PASSWORD), target],
    "reset-state": lambda target, params: ["server", "set", "--state", params.get("state") or "error", target],
    "create-image": lambda target, params: ["server", "image", "create", "--name", params["name"], target],
    "create-backup": lambda target, params: [
        "server", "backup", "create", "--name", params["name"], "--type", params.get("backup_type") or "daily",
        "--rotate", str(params.get("rotation") or 1), target,
    ],
    "migrate": lambda target, params: _move(target, params, "migrate"),
    "live-migrate": lambda target, params: _move(target, params, "migrate", "--live-migration"),
    "evacuate": lambda target, params: _move(target, params, "evacuate"),
    "live-migrate-force-complete": lambda target, params: [
        "server", "migration", "force", "complete", target, str(params["migration_id"]),
    ],
    "live-migrate-abort": lambda target, params: ["server", "migration", "abort", target, str(params["migration_id"])],
    "console-output": lambda target, params: ["console", "log", "show", target],
    "remote-console": lambda target, params: ["console", "url", "show", "--novnc", target],
    "diagnostics": lambda target, params: ["server", "show", "--diagnostics", target],
}  # fmt: skip

_PARTS: dict[str, Make] = {
    "attach-interface": _interface,
    "detach-interface": lambda target, params: ["server", "remove", "port", target, params["port_id"]],
    "add-floating-ip": lambda target, params: [
        "floating", "ip", "set", "--port", params["port_id"], params["floating_ip_id"],
    ],
    "remove-floating-ip": lambda target, params: ["floating", "ip", "unset", "--port", params["floating_ip_id"]],
    "add-security-group": lambda target, params: [
        "server", "add", "security", "group", target, params["security_group"],
    ],
    "remove-security-group": lambda target, params: [
        "server", "remove", "security", "group", target, params["security_group"],
    ],
    "attach-volume": lambda target, params: ["server", "add", "volume", target, params["volume_id"]],
    "detach-volume": lambda target, params: ["server", "remove", "volume", target, params["volume_id"]],
    "update-volume-attachment": _keep_volume,
    "set-metadata": lambda target, params: [
        "server", "set", *_each("--property", [f"{k}={v}" for k, v in params["metadata"].items()]), target,
    ],
    "delete-metadata": lambda target, params: ["server", "unset", "--property", params["key"], target],
    "set-tags": _tags,
    "delete-tags": lambda target, params: ["server", "unset", "--tag", params["tag"], target],
}  # fmt: skip


def _rule(target: str, params: Params) -> list[str]:
    ports = str(params.get("ports") or "").replace("-", ":")
    cidr = params.get("remote_cidr") or ""
    return [
        "security", "group", "rule", "create", f"--{params.get('direction') or 'ingress'}",
        "--protocol", params.get("protocol") or "any", *_option("--dst-port", ports),
        *(["--ethertype", "IPv6"] if ":" in cidr else []), *_option("--remote-ip", cidr),
        *_option("--remote-group", params.get("remote_group_id")), target,
    ]  # fmt: skip


def _volume(target: str, params: Params) -> list[str]:
    return [
        "volume", "create", "--size", str(params["size_gib"]), *_option("--type", params.get("volume_type")),
        *_option("--image", params.get("image_id")), *_option("--snapshot", params.get("snapshot_id")),
        *_option("--description", params.get("description")), params["name"],
    ]  # fmt: skip


def _deleting(*words: str) -> Make:
    return lambda target, params: [*words, "delete", target]


def _setting(*words: str) -> Make:
    return lambda target, params: _about(target, params, *words, "set")


_RESOURCES: dict[str, Make] = {
    "image.rename": _setting("image"),
    "image.delete": _deleting("image"),
    "floating-ip.allocate": lambda target, params: [
        "floating", "ip", "create", *_option("--description", params.get("description")), params["network_id"],
    ],
    "floating-ip.release": _deleting("floating", "ip"),
    "floating-ip.disassociate": lambda target, params: ["floating", "ip", "unset", "--port", target],
    "security-group.create": lambda target, params: [
        "security", "group", "create", *_option("--description", params.get("description")), params["name"],
    ],
    "security-group.add-rule": _rule,
    "security-group.delete-rule": lambda target, params: ["security", "group", "rule", "delete", params["rule_id"]],
    "security-group.rename": _setting("security", "group"),
    "security-group.delete": _deleting("security", "group"),
    "volume.create": _volume,
    "volume.extend": lambda target, params: ["volume", "set", "--size", str(params["size_gib"]), target],
    "volume.snapshot": lambda target, params: [
        "volume", "snapshot", "create", "--force", "--volume", target, params["name"],
    ],
    "volume.rename": _setting("volume"),
    "volume.delete": _deleting("volume"),
    "volume-snapshot.rename": _setting("volume", "snapshot"),
    "volume-snapshot.delete": _deleting("volume", "snapshot"),
    "keypair.create": lambda target, params: ["keypair", "create", params["name"]],
    "keypair.import": lambda target, params: [
        "keypair", "create", "--public-key", Variable(PUBLIC_KEY), params["name"],
    ],
    "keypair.delete": _deleting("keypair"),
    "server-group.create": lambda target, params: [
        "server", "group", "create", "--policy", params["policy"], params["name"],
    ],
    "server-group.delete": _deleting("server", "group"),
    "service.disable": lambda target, params: [
        "compute", "service", "set", "--disable", *_option("--disable-reason", params.get("reason")), target,
        "nova-compute",
    ],
    "service.enable": lambda target, params: ["compute", "service", "set", "--enable", target, "nova-compute"],
}  # fmt: skip

_TABLE: dict[str, Make] = {**_VM, **_PARTS, **_RESOURCES}
