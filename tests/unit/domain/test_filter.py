"""The filter grammar: what each form means, and how a wrong one is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from osvm_tui.domain.filter import Field, FilterError, Kind, compile_filter
from osvm_tui.domain.vm_fields import Names, any_text, vm_fields
from tests.pilot.fake_fleet import NOW, seeded_fleet

NAMES = Names({"p-web": "shop"}, {"u-1": "ops"}, {"img-1": "ubuntu-22.04"})
FIELDS = vm_fields(lambda: NOW, NAMES)
FLEET = seeded_fleet(64)


def matching(text: str) -> set[str]:
    """Return the names of the fleet's VMs that pass."""
    found = compile_filter(text, FIELDS, lambda vm: any_text(vm, NAMES))
    return {vm.name for vm in FLEET if found is None or found.passes(vm)}


def names(choose: object) -> set[str]:
    assert callable(choose)
    return {vm.name for vm in FLEET if choose(vm)}


@pytest.mark.parametrize(
    ("text", "choose"),
    [
        ("WEB", lambda vm: "web" in vm.name),
        ("web active", lambda vm: "web" in vm.name and "active" in vm.vm_state),
        ("status=error", lambda vm: vm.status == "ERROR"),
        ("status:E", lambda vm: "E" in vm.status),
        ("!status=ERROR", lambda vm: vm.status != "ERROR"),
        ("!web", lambda vm: "web" not in vm.name),
        ("tag=tmp", lambda vm: "tmp" in vm.tags),
        ("!tag=prod", lambda vm: "prod" not in vm.tags),
        ("tag=tm", lambda vm: False),
        ("sg=default network=private", lambda vm: any(a.network == "private" for a in vm.addresses)),
        ("floating:203.0", lambda vm: bool(vm.floating_ip)),
        ("~^web-000[12]$", lambda vm: False),
        ("name~^web-000[12]$", lambda vm: vm.name in ("web-0001", "web-0002")),
        ("~web-.*2", lambda vm: vm.name in ("web-0002",)),
        ("age>30d", lambda vm: NOW - vm.created_at > timedelta(days=30)),
        ("age<=12h", lambda vm: NOW - vm.created_at <= timedelta(hours=12)),
        ("ram>=8G", lambda vm: vm.flavor.memory_mib >= 8192),
        ("ram=2048", lambda vm: vm.flavor.memory_mib == 2048),
        ("vcpu>2 vcpu<16", lambda vm: vm.flavor.vcpus == 4),
        ("locked=yes", lambda vm: vm.locked),
        ("busy=no", lambda vm: not vm.busy),
        ("ip:192.168.128.1", lambda vm: "192.168.128.1" in vm.fixed_ip),
        ("floating>203", lambda vm: bool(vm.floating_ip)),
        ("project=shop", lambda vm: True),
        ("image:ubuntu", lambda vm: vm.image_id == "img-1"),
        ("tag:lab", lambda vm: "lab" in vm.tags),
        ('"no such words"', lambda vm: False),
        ("", lambda vm: True),
    ],
)
def test_a_term_lets_exactly_these_through(text: str, choose: object) -> None:
    assert matching(text) == names(choose)


def test_fuzzy_letters_stand_in_order_within_one_column() -> None:
    found = matching("-f wb01")
    assert "web-0001" in found
    assert "db-0001" not in found


def test_bare_words_reach_addresses_ids_and_tags() -> None:
    vm = next(vm for vm in FLEET if vm.floating_ip)
    for word in (vm.fixed_ip, vm.floating_ip, vm.id[:13], vm.tags[0]):
        assert vm.name in matching(word)


def test_an_ipv6_address_is_a_word_not_a_column() -> None:
    assert matching("fe80::1") == set()


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("stauts=ERROR", 0, "did you mean status?"),
        ("web nonsense>3", 4, "no column nonsense"),
        ("age>soon", 4, "30d"),
        ("ram>4X", 4, "4G"),
        ("vcpu>many", 5, "a number"),
        ("locked=maybe", 7, "=yes or =no"),
        ("locked>yes", 7, "=yes or =no"),
        ("status=", 7, "missing"),
        ("web ~[", 5, "not a regular expression"),
        ('name="web', 5, "not closed"),
        ("web !", 4, "negate"),
        ("-f", 2, "wants a word"),
    ],
)
def test_a_wrong_filter_says_what_and_where(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        matching(text)
    assert says in caught.value.sentence
    assert caught.value.position == position


def test_only_ages_make_a_filter_age() -> None:
    for text, ageing in (("age>3m", True), ("!age>3m web", True), ("web status=ERROR", False)):
        found = compile_filter(text, FIELDS, lambda vm: any_text(vm, NAMES))
        assert found is not None
        assert found.ageing is ageing


def test_an_unknown_value_passes_no_comparison() -> None:
    vm = replace(FLEET[0], created_at=None, flavor=None)
    for text in ("age>1s", "age<1y", "ram>0", "vcpu<9", "vcpu=0"):
        found = compile_filter(text, FIELDS, lambda each: any_text(each, NAMES))
        assert found is not None
        assert not found.passes(vm)


ROW_FIELDS: dict[str, Field[str]] = {"name": Field(Kind.TEXT, lambda row: row)}


@given(st.text(st.characters(exclude_characters='"'), min_size=1))
def test_any_text_in_quotes_finds_itself(text: str) -> None:
    found = compile_filter(f'"{text}"', ROW_FIELDS, str.lower)
    assert found is not None
    assert found.passes(text)


@given(st.text())
def test_no_text_breaks_the_grammar(text: str) -> None:
    try:
        found = compile_filter(text, ROW_FIELDS, str.lower)
    except FilterError as error:
        wrong = error
    else:
        assert found is None or found.passes("any row") in (True, False)
        return
    assert 0 <= wrong.position <= len(text)
    assert wrong.sentence
