"""`Script`: a request as a shell script of `openstack` commands, one VM after another; what is refused is a comment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.openstack_cli import PASSWORD, command, known
from osvm_tui.domain.operations import ActionRequest
from osvm_tui.domain.parameters import expanded, parsed, secrets
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.lifecycle import Lifecycle
from osvm_tui.services.scopes import Scopes


class Script:
    """Writes scripts from memory; sends nothing and audits nothing."""

    def __init__(self, fleet: Fleet, scopes: Scopes, lifecycle: Lifecycle, now: Callable[[], datetime]) -> None:
        self._fleet, self._scopes, self._lifecycle, self._now = fleet, scopes, lifecycle, now

    def of(self, request: ActionRequest) -> str:
        """Return the script. Refused when a parameter is missing or wrong."""
        spec = ACTIONS[request.action_id]
        params = parsed(spec.params, request.params, verb=spec.label, edits=spec.edits)
        refs = tuple(dict.fromkeys(request.targets))
        lines = [self._line(spec, ref, request.entry, params) for ref in refs]
        count = sum(not one.startswith("#") for one in lines)
        head = ["#!/bin/sh", f"# {spec.label.lower()}: {count} of {len(refs)} VMs", "set -u"]
        if secrets(spec.params) & params.keys():
            head.append(f': "${{{PASSWORD}:?set it to the secret that is sent}}"')
        return "\n".join([*head, *lines, ""])

    def _line(self, spec: ActionSpec, ref: VmRef, asked: str, params: Mapping[str, object]) -> str:
        vm = self._fleet.get(ref)
        verdict = self._lifecycle.verdict(ref, spec.id, asked)
        if vm is None or not verdict.allowed:
            return f"# skipped {_plain(vm.name if vm else ref.short)}: {_plain(verdict.reason)}"
        if not known(spec.id):
            return f"# {_plain(vm.name)}: the openstack client has no command for {spec.label.lower()}"
        mine = expanded(spec.params, params, vm.name, self._now())
        entry = self._scopes.entry_for(ref, asked)
        said = command(spec.id, ref.id, self._meant(spec, vm, mine), entry, self._scopes.other_project(entry))
        return f"{said}  # {_plain(vm.name)}"

    def _meant(self, spec: ActionSpec, vm: Vm, params: dict[str, object]) -> dict[str, object]:
        """Add what only the VM tells: the tags that a new set of tags takes away."""
        if spec.id != "set-tags":
            return params
        wanted = params.get("tags")
        keep = set(wanted) if isinstance(wanted, list) else set()
        return params | {"drop": [tag for tag in vm.tags if tag not in keep]}


def _plain(text: str) -> str:
    """Return text for a comment: no line break of a VM's name may end it, no escape may reach who prints it."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
