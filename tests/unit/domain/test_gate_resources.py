"""The gate on what VMs stand on: each rule refuses in a sentence, and every verb is allowed to somebody."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from osvm_tui.domain.gating import Refusal, check_resource
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.roles import Actor, ConsoleRole, ReleaseProfile

ADMIN = Actor("ops", ConsoleRole.ADMIN, frozenset({"admin", "member", "reader"}), "p")
MEMBER = Actor("ops", ConsoleRole.OPERATOR, frozenset({"member", "reader"}), "p")
PROFILE = ReleaseProfile(services=frozenset({"compute", "image", "network", "volume"}))
DISK = ResourceTarget("lab", "v1", "data", "available", project_id="p")


def fitting(spec: ResourceSpec) -> ResourceTarget:
    status = sorted(spec.statuses)[0] if spec.statuses else "active"
    return ResourceTarget("lab", "" if spec.creates else "x1", "thing", status, used=spec.free is False, project_id="p")


@pytest.mark.parametrize("spec", RESOURCE_ACTIONS.values(), ids=lambda spec: spec.id)
def test_every_verb_is_allowed_to_an_admin_on_an_item_that_fits(spec: ResourceSpec) -> None:
    assert check_resource(spec, fitting(spec), ADMIN, PROFILE).allowed


@pytest.mark.parametrize("spec", RESOURCE_ACTIONS.values(), ids=lambda spec: spec.id)
def test_every_verb_is_refused_to_a_reader_a_viewer_and_in_a_read_only_console(spec: ResourceSpec) -> None:
    target = fitting(spec)
    reader = replace(ADMIN, roles=frozenset({"reader"}))
    assert check_resource(spec, target, reader, PROFILE).refusal is Refusal.CLOUD_ROLE
    viewer = replace(ADMIN, console_role=ConsoleRole.VIEWER)
    assert check_resource(spec, target, viewer, PROFILE).refusal is Refusal.CONSOLE_ROLE
    verdict = check_resource(spec, target, replace(ADMIN, read_only="this console is read-only"), PROFILE)
    assert (verdict.refusal, verdict.reason) == (Refusal.READ_ONLY, "this console is read-only")


@pytest.mark.parametrize(
    ("action", "target", "actor", "refusal", "words"),
    [
        ("volume.delete", replace(DISK, used=True), MEMBER, Refusal.USE, "data is in use by a VM"),
        ("volume.delete", replace(DISK, status="creating"), MEMBER, Refusal.STATE, "data is creating"),
        ("volume.extend", replace(DISK, status="error"), MEMBER, Refusal.STATE, "needs available or in-use"),
        ("floating-ip.disassociate", ResourceTarget("lab", "f", "203.0.113.4"), MEMBER, Refusal.USE, "by no VM"),
        ("volume.rename", replace(DISK, project_id="q"), MEMBER, Refusal.PROJECT, "another project"),
        ("volume.rename", replace(DISK, id=""), MEMBER, Refusal.NO_ITEM, "no volume is chosen to rename"),
        ("service.disable", fitting(RESOURCE_ACTIONS["service.disable"]), MEMBER, Refusal.CONSOLE_ROLE, "operator"),
    ],
)
def test_each_rule_says_why(action: str, target: ResourceTarget, actor: Actor, refusal: Refusal, words: str) -> None:
    verdict = check_resource(RESOURCE_ACTIONS[action], target, actor, PROFILE)
    assert verdict.refusal is refusal
    assert words in verdict.reason


def test_a_cloud_without_the_service_or_the_version_is_told() -> None:
    spec = RESOURCE_ACTIONS["volume.extend"]
    bare = check_resource(spec, DISK, MEMBER, ReleaseProfile())
    assert (bare.refusal, bare.reason) == (Refusal.SERVICE, "this cloud has no volume service")
    old = replace(PROFILE, max_microversion=(2, 50))
    service = RESOURCE_ACTIONS["service.enable"]
    assert check_resource(service, fitting(service), ADMIN, old).refusal is Refusal.MICROVERSION


def test_an_admin_may_change_what_another_project_has() -> None:
    assert check_resource(RESOURCE_ACTIONS["volume.rename"], replace(DISK, project_id="q"), ADMIN, PROFILE).allowed
