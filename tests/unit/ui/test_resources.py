"""What the places of resources say: bars of quotas, rules in words, terms of a filter, targets of changes."""

from __future__ import annotations

import pytest

from osvm_tui.domain.catalog import QuotaItem, SecurityGroup, SecurityRule
from osvm_tui.domain.filter import Field, Kind, compile_filter
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.volume import Volume
from osvm_tui.ui.format import Token
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.resource_plan import ResourcePlan, plan_on
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import bar_cell, token_of
from osvm_tui.ui.resources.flavors import Flavors
from osvm_tui.ui.resources.floating_ips import FloatingIps
from osvm_tui.ui.resources.quotas import Quotas
from osvm_tui.ui.resources.resource import Entry, condition
from osvm_tui.ui.resources.rules import GroupRule, Rules
from osvm_tui.ui.resources.rules_told import ports_told, rule_of, world_told
from osvm_tui.ui.resources.security_groups import SecurityGroups
from osvm_tui.ui.resources.volumes import Volumes
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import FLAVORS

AROUND = Around(FakeConsole(), UiOptions())
SSH = SecurityRule(id="r", protocol="tcp", port_min=22, port_max=22, remote_cidr="0.0.0.0/0")


@pytest.mark.parametrize(
    ("used", "limit", "text", "token"),
    [
        (60, 100, "██████░░░░  60 %", Token.PLAIN),
        (80, 100, "████████░░  80 %", Token.PLAIN),
        (81, 100, "████████▏░  81 %", Token.STALE),
        (100, 100, "██████████  full", Token.WRONG),
        (130, 100, "██████████  full", Token.WRONG),
        (7, -1, "unlimited", Token.DIM),
        (0, 0, "none allowed", Token.DIM),
        (3, 0, "██████████  full", Token.WRONG),
    ],
)
def test_a_bar_is_amber_over_four_fifths_and_red_at_the_limit(used: int, limit: int, text: str, token: Token) -> None:
    assert bar_cell(used, limit, "unicode") == (text, token)


def test_bars_need_no_unicode() -> None:
    assert bar_cell(90, 100, "ascii").text == "#########-  90 %"


def test_what_is_left_of_a_quota_is_told_with_its_unit_and_no_limit_as_such() -> None:
    columns = {column.key: column for column in Quotas().columns(AROUND)}
    memory, free = (Entry("mock", QuotaItem("ram", 4096, limit)) for limit in (10240, -1))
    assert [columns[key].cell(memory).text for key in ("name", "used", "limit", "left")] == [
        "memory", "4 GiB", "10 GiB", "6 GiB",
    ]  # fmt: skip
    assert [columns[key].cell(free).text for key in ("limit", "left")] == ["unlimited", "-"]


def test_a_status_is_told_by_colour_as_every_service_says_it() -> None:
    found = {word: token_of(word) for word in ("ACTIVE", "in-use", "DOWN", "error_deleting", "creating", "")}
    assert found == {
        "ACTIVE": Token.RUNNING, "in-use": Token.RUNNING, "DOWN": Token.STOPPED,
        "error_deleting": Token.WRONG, "creating": Token.CHANGING, "": Token.STALE,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (SSH, "tcp 22"),
        (SecurityRule(protocol="udp", port_min=8000, port_max=8010), "udp 8000-8010"),
        (SecurityRule(protocol="tcp"), "tcp all ports"),
        (SecurityRule(protocol="icmp", port_min=8, port_max=0), "icmp"),
        (SecurityRule(), "anything"),
    ],
)
def test_a_rule_in_words(rule: SecurityRule, told: str) -> None:
    assert ports_told(rule) == told


def test_what_is_open_to_the_world_is_told_once_for_each_protocol() -> None:
    https = SecurityRule(protocol="tcp", port_min=443, port_max=443, remote_cidr="::/0", ethertype="IPv6")
    inside = SecurityRule(protocol="tcp", port_min=5432, port_max=5432, remote_cidr="10.0.0.0/8")
    out = SecurityRule(direction="egress")
    assert world_told([SSH, SSH, https, inside, out]) == "open to the world: tcp 22, 443"
    assert world_told([inside, out, SecurityRule(remote_group_id="sg-1")]) == ""


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"protocol": "tcp", "ports": "443"}, "open to the world: tcp 443"),
        ({"protocol": "any", "remote_cidr": "0.0.0.0/0"}, "open to the world: anything"),
        ({"protocol": "tcp", "ports": "22", "remote_cidr": "10.0.0.0/8"}, ""),
        ({"protocol": "tcp", "ports": "22", "remote_group_id": "sg-1"}, ""),
        ({"protocol": "udp", "direction": "egress"}, ""),
    ],
)
def test_a_rule_to_be_added_is_judged_before_it_is_sent(params: dict[str, object], told: str) -> None:
    spec = RESOURCE_ACTIONS["security-group.add-rule"]
    assert world_told([rule_of(params)]) == SecurityGroups().caution(spec, params) == told


@pytest.mark.parametrize("value", ["m1.small", "two words", "tab\tbed", 'a "quoted" name', "a=b", "x:y"])
def test_a_term_of_a_filter_finds_the_value_it_was_made_of(value: str) -> None:
    fields = {"name": Field(Kind.TEXT, lambda row: row)}
    chosen = compile_filter(condition("name", value), fields, str)
    assert chosen is not None
    assert chosen.passes(value)
    assert not chosen.passes("another")


def test_a_rule_is_deleted_from_its_group_without_being_asked_for() -> None:
    group = SecurityGroup("sg-9", "web", project_id="p-web", rules=(SSH,))
    row = Entry("mock", GroupRule(group, SSH))
    spec = RESOURCE_ACTIONS["security-group.delete-rule"]
    plan = plan_on(spec, Rules(), row, AROUND, "mock", shared=False)
    assert (plan.target.id, plan.given, plan.asked) == ("sg-9", {"rule_id": "r"}, ())
    assert plan.sentence == "delete the rule web ingress tcp 22"
    add = plan_on(RESOURCE_ACTIONS["security-group.add-rule"], Rules(), row, AROUND, "mock", shared=False)
    assert (add.target.id, add.sentence) == ("sg-9", "add a rule to web")


def test_every_question_about_a_resource_is_a_sentence() -> None:
    said = {
        spec.id: ResourcePlan(spec, ResourceTarget("mock", "x"), "" if spec.creates else "X").sentence
        for spec in RESOURCE_ACTIONS.values()
    }
    assert said["security-group.delete-rule"] == "delete a rule of X"
    assert said["floating-ip.allocate"] == "allocate a floating IP"
    for sentence in said.values():
        assert ":" not in sentence
        verb, *rest = sentence.removesuffix(" X").split()
        assert rest or verb in (
            "rename",
            "delete",
            "release",
            "disassociate",
            "extend",
            "snapshot",
            "disable",
            "enable",
        )


def test_a_name_that_is_shared_or_cannot_be_typed_is_confirmed_by_the_id() -> None:
    spec = RESOURCE_ACTIONS["volume.delete"]

    def typed(name: str, *, shared: bool) -> str:
        row = Entry("mock", Volume(id="0123456789abcdef", name=name))
        return plan_on(spec, Volumes(), row, AROUND, "mock", shared=shared).typed

    assert typed("data", shared=False) == "data"
    assert typed("data", shared=True) == "01234567"
    assert typed("\x1b[31mred", shared=False) == "01234567"
    assert typed("", shared=False) == "01234567"


def test_targets_know_whether_a_vm_uses_them() -> None:
    held = Entry("mock", FloatingIp(id="f", address="203.0.113.9", port_id="p", project_id="p-web"))
    assert FloatingIps().target(held, AROUND).used
    assert Flavors().target(Entry("mock", FLAVORS[0]), AROUND).used
