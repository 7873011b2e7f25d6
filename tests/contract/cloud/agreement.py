"""Cases, and the book that compares what our gate says with what the cloud does; known differences stand in a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import CloudError
from osvm_tui.domain.gating import Refusal, Verdict, check
from osvm_tui.domain.vm import Vm
from tests.contract.cloud.rig import Rig

FILE = Path(__file__).parents[1] / "known-differences.toml"
ACCEPTED = "accepted"
ANSWERS = {
    Refusal.CLOUD_ROLE: "Forbidden",
    Refusal.PROJECT: "NotFound",
    Refusal.GONE: "NotFound",
    Refusal.LOCK: "Conflict",
    Refusal.STATE: "Conflict",
    Refusal.UNKNOWN_STATE: "Conflict",
    Refusal.LAUNCHED: "Conflict",
    Refusal.HOST: "Conflict",
    Refusal.HOST_UP: "BadRequest",
}
"""Which error of the cloud each refusal of the gate foretells."""


class Case(Struct, frozen=True, order=True):
    """One question: may this actor do this to a VM in this state?"""

    state: str
    actor: str
    action: str


class Difference(Struct, frozen=True):
    """One case in which gate and cloud are known to disagree, on some clouds, with the cause; state `*` is any."""

    clouds: tuple[str, ...]
    case: Case
    ours: str
    theirs: str
    cause: str


def known(kind: str) -> dict[Case, Difference]:
    """Return the listed differences of one kind of cloud."""
    found = tomllib.loads(FILE.read_text())["difference"]
    listed = [
        Difference(tuple(d["clouds"]), Case(d["state"], d["actor"], action), d["ours"], d["theirs"], d["cause"])
        for d in found
        for action in d["actions"]
    ]
    return {d.case: d for d in listed if kind in d.clouds}


def foretold(verdict: Verdict) -> str:
    """Return the answer that a verdict foretells."""
    return ACCEPTED if verdict.allowed else ANSWERS[verdict.refusal]


class Book:
    """What was asked, foretold and answered on one cloud."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.rows: dict[Case, tuple[str, str]] = {}
        self.words: dict[Case, str] = {}
        self.request_ids: dict[Case, str] = {}

    def verdict(self, case: Case, vm: Vm) -> Verdict:
        """Return what our gate says in a case."""
        scope = self.rig.clients[case.actor].scope
        return check(ACTIONS[case.action], vm, self.rig.actor(case.actor), scope.profile)

    async def ask(self, case: Case, vm: Vm, params: Mapping[str, object]) -> str:
        """Send the action beneath the gate and write down both answers; return the cloud's."""
        verdict = self.verdict(case, vm)
        try:
            sent = await self.rig.send(case.actor, case.action, vm.id, params)
            theirs, words = ACCEPTED, ""
            self.request_ids[case] = sent.request_id
        except CloudError as error:
            theirs, words = type(error).__name__, f"{error.status} {error.detail}"
        assert case not in self.rows, f"asked twice: {case}"
        self.rows[case] = (foretold(verdict), theirs)
        self.words[case] = f"gate: {verdict.reason or 'allowed'}; cloud: {words or 'accepted'}"
        return theirs

    def accepted(self, case: Case) -> bool:
        """Return whether the cloud was asked this and took it."""
        return case in self.request_ids

    def close(self) -> tuple[str, list[str]]:
        """Return the summary in one line, and what is wrong: unlisted differences and listed ones that are no more."""
        asked = {(case.state, case.actor) for case in self.rows}
        listed = {
            replace(case, state=state): entry
            for case, entry in known(self.rig.kind).items()
            for state, actor in asked
            if case.state in (state, "*") and case.actor == actor
        }
        wrong, explained = [], 0
        for case, (ours, theirs) in sorted(self.rows.items()):
            entry = listed.get(case)
            if entry is not None and (ours, theirs) == (entry.ours, entry.theirs):
                explained += 1
            elif ours != theirs:
                wrong.append(f"unlisted: {_name(case)}: ours {ours}, theirs {theirs} ({self.words[case]})")
            elif entry is not None:
                wrong.append(f"no longer so: {_name(case)}: both {ours}")
        wrong += [f"listed but never asked: {_name(case)}" for case in listed if case not in self.rows]
        agreed = sum(ours == theirs for ours, theirs in self.rows.values())
        return f"{len(self.rows)} cases, {agreed} agreed, {explained} listed differences", wrong


def _name(case: Case) -> str:
    return f"{case.state} / {case.actor} / {case.action}"
