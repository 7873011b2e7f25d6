"""Rules for guests, the address that is chosen, and the ssh command: what cannot be said with it above all."""

from __future__ import annotations

import base64
import shlex

import pytest
from msgspec.structs import replace

from osvm_tui.domain.errors import GuestError
from osvm_tui.domain.guest import (
    GuestRule,
    GuestVm,
    Hop,
    Login,
    bastion_of,
    chosen_address,
    is_user,
    login_for,
    plain_address,
    wrong_in,
)
from osvm_tui.domain.known_hosts import changed, fingerprint, host_key, keys_of, with_keys, without
from osvm_tui.domain.ssh_command import ssh_command, with_words
from osvm_tui.domain.vm import Address, Vm

FIXED, SIX, FLOATING = "10.0.0.5", "fd00::5", "203.0.113.9"
VM = Vm(
    endpoint="e", id="8f2a7c10-0000-4000-8000-000000000001", name="web-3", status="ACTIVE", vm_state="active",
    project_id="p-1", image_id="i-1", tags=("db",),
    addresses=(
        Address("private", SIX, 6), Address("private", FIXED), Address("storage", "10.9.0.5"),
        Address("private", FLOATING, floating=True),
    ),
)  # fmt: skip
GUEST = GuestVm(VM, "prod-eu", "web", "Ubuntu-24.04")
INSIDE = replace(VM, addresses=VM.addresses[:3])


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (GuestRule(), True),
        (GuestRule(cloud="prod-eu"), True),
        (GuestRule(cloud="prod-*"), True),
        (GuestRule(cloud="lab"), False),
        (GuestRule(project="web"), True),
        (GuestRule(project="p-1"), True),
        (GuestRule(project="we"), False),
        (GuestRule(image="ubuntu-*"), True),
        (GuestRule(image="i-1"), True),
        (GuestRule(image="debian-*"), False),
        (GuestRule(tag="db"), True),
        (GuestRule(tag="d"), False),
        (GuestRule(name="web-*"), True),
        (GuestRule(name="Web-*"), False),
        (GuestRule(cloud="prod-eu", tag="web"), False),
    ],
)
def test_a_rule_is_for_the_vms_that_it_names(rule: GuestRule, matches: bool) -> None:
    assert (login_for([replace(rule, user="ops")], GUEST).user == "ops") is matches


def test_the_first_rule_that_gives_a_value_wins_and_the_others_fill_in() -> None:
    rules = (
        GuestRule(name="web-*", user="deploy"),
        GuestRule(tag="other", key_file="/never"),
        GuestRule(user="ops", key_file="/keys/ops", port=2222, bastion="jump@gate.example:22022", agent=True),
    )
    login = login_for(rules, GUEST)
    assert (login.user, login.key_file, login.port, login.agent) == ("deploy", "/keys/ops", 2222, True)
    assert login.bastion == Hop("gate.example", 22022, "jump")
    assert dict(login.sources)["user"] == "rule 1 (name web-*)"
    assert dict(login.sources)["key_file"] == "rule 3 (every VM)"


def test_a_rule_can_take_the_bastion_and_the_agent_away() -> None:
    rules = (GuestRule(name="web-*", bastion="none", agent=False), GuestRule(bastion="gate.example", agent=True))
    login = login_for(rules, GUEST)
    assert login.bastion is None
    assert not login.agent


def test_without_a_rule_the_user_is_that_of_the_image() -> None:
    login = login_for((), GUEST)
    assert login.user == "ubuntu"
    assert dict(login.sources)["user"] == "usual for the image Ubuntu-24.04"
    assert login_for((), GuestVm(VM, "prod-eu")).user == ""
    assert not login.agent


@pytest.mark.parametrize(
    ("vm", "wanted", "bastion", "address", "why"),
    [
        (VM, "", False, FLOATING, "its floating IP"),
        (VM, "", True, FIXED, "through the bastion"),
        (INSIDE, "", False, FIXED, "no floating IP"),
        (INSIDE, "floating", False, "", "web-3 has no floating IP"),
        (VM, "fixed", False, FIXED, "as the rule wants"),
        (VM, "ipv6", False, SIX, "IPv6"),
        (VM, "network storage", False, "10.9.0.5", "storage"),
        (VM, "network absent", False, "", "no address on the network absent"),
        (VM, "192.0.2.7", False, "192.0.2.7", "the rule names"),
        (replace(VM, addresses=()), "", False, "", "web-3 has no address"),
        (replace(VM, addresses=(Address("n", "-oProxyCommand=x"),)), "", False, "", "web-3 has no address"),
    ],
)
def test_an_address_is_chosen_and_told_why(vm: Vm, wanted: str, bastion: bool, address: str, why: str) -> None:
    login = Login(address=wanted, bastion=Hop("gate.example") if bastion else None)
    chosen, told = chosen_address(vm, login)
    assert chosen == address
    assert why in told


@pytest.mark.parametrize("text", ["", "-oX", "a b", "$(id)", "a;b", "a'b", "ä", "a" * 65, "a\n", "../x", "a%h"])
def test_what_is_no_user_is_not_taken(text: str) -> None:
    assert not is_user(text)


@pytest.mark.parametrize(
    "text", ["", "web-3", "-oX", "10.0.0.5 ", "10.0.0.5;id", "fe80::1%eth0", "fe80::1%$(id)", "010.0.0.1", "1"]
)
def test_what_is_no_address_is_not_taken(text: str) -> None:
    assert plain_address(text) is None
    with pytest.raises(GuestError):
        ssh_command(Login(), text, VM.id, "known")


@pytest.mark.parametrize(
    ("text", "hop"),
    [
        ("gate", Hop("gate")),
        ("ops@gate.example:2222", Hop("gate.example", 2222, "ops")),
        ("10.0.0.1", Hop("10.0.0.1")),
        ("ops@[fd00::1]:22", Hop("fd00::1", 22, "ops")),
        ("fd00::1", None),
        ("-oX@gate", None),
        ("ops@-oX", None),
        ("gate:0", None),
        ("gate:70000", None),
        ("a@b@gate", None),
        ("gate $(id)", None),
        ("", None),
    ],
)
def test_a_bastion_is_read_or_refused(text: str, hop: Hop | None) -> None:
    assert bastion_of(text) == hop
    assert hop is None or bastion_of(str(hop)) == hop


def test_wrong_values_of_a_rule_are_named() -> None:
    rule = GuestRule(user="a b", bastion="x y", port=70000, address="nowhere")
    assert [key for key, _ in wrong_in(rule)] == ["user", "bastion", "port", "address"]
    assert not list(wrong_in(GuestRule(user="ops", bastion="none", port=22, address="network private")))


def test_the_command_says_everything_itself() -> None:
    login = Login(user="ubuntu", key_file="/keys/ops", port=2222)
    command = ssh_command(login, FIXED, VM.id, "/state/known_hosts")
    options = {word for word in command if "=" in word}
    assert command[:3] == ("ssh", "-F", "none")
    assert {"StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no"} <= options
    assert {"UserKnownHostsFile=/state/known_hosts", f"HostKeyAlias={VM.id}"} <= options
    assert {"IdentitiesOnly=yes", "IdentityAgent=none"} <= options
    assert command[-6:] == ("-l", "ubuntu", "-p", "2222", "--", FIXED)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("uptime",), "uptime"),
        (("ls", "-l", "*.log"), "ls -l *.log"),
        (("-oProxyCommand=touch /x", "id"), " -oProxyCommand=touch /x id"),
        (("--", "-V"), " -V"),
        (("--", "ls"), "ls"),
        (("git", "--", "x"), "git -- x"),
    ],
)
def test_what_the_guest_is_to_run_is_no_option_of_ssh(words: tuple[str, ...], text: str) -> None:
    shell = ssh_command(Login(), FIXED, VM.id, "known")
    assert with_words(shell, words) == (*shell, text)
    assert with_words(shell, ()) == with_words(shell, ["--"]) == shell


def test_an_agent_is_asked_only_where_a_rule_says_so() -> None:
    assert "IdentityAgent=none" not in ssh_command(Login(agent=True), FIXED, VM.id, "known")


def test_the_way_through_a_bastion_carries_the_same_options() -> None:
    login = Login(user="u", key_file="/keys/a b%c", bastion=Hop("gate.example", 22022, "jump"))
    command = ssh_command(login, FIXED, VM.id, "/state dir/known_hosts")
    jump = next(word for word in command if word.startswith("ProxyCommand=")).removeprefix("ProxyCommand=")
    words = shlex.split(jump.replace("%%", "%"))
    assert words[-7:] == ["[%h]:%p", "-l", "jump", "-p", "22022", "--", "gate.example"]
    assert 'UserKnownHostsFile="/state dir/known_hosts"' in words
    assert "StrictHostKeyChecking=yes" in words
    assert "/keys/a b%%c" in words
    assert "-J" not in command


def test_what_ssh_would_fill_in_is_refused_in_paths() -> None:
    for path in ("/a/${HOME}/k", '/a"b', "/a\nb"):
        with pytest.raises(GuestError):
            ssh_command(Login(), FIXED, VM.id, path)
    with pytest.raises(GuestError):
        ssh_command(Login(), FIXED, "-oX", "known")
    with pytest.raises(GuestError):
        ssh_command(Login(user="-oX"), FIXED, VM.id, "known")


KEY = host_key("vm-1", "ssh-ed25519", b"key one")
OTHER = host_key("vm-1", "ssh-ed25519", b"key two")
RSA = host_key("vm-1", "ssh-rsa", b"key three")


def test_the_file_of_known_hosts_keeps_what_it_does_not_understand() -> None:
    text = "# by hand\n@revoked * ssh-rsa AAAA\n|1|abc|def ssh-rsa AAAA\nvm-1 ssh-rsa not-base64!\n"
    more = with_keys(text, [KEY, RSA], "web-3\n10.0.0.5 \x1b[31m")
    assert keys_of(more, "vm-1") == (KEY, RSA)
    assert keys_of(more, "vm-2") == ()
    assert "\x1b" not in more
    assert more.count("\n") == 6
    assert without(more, "vm-1") == text


def test_a_host_is_another_one_when_a_kind_of_key_has_changed_or_none_is_left() -> None:
    assert changed((KEY, RSA), (RSA, KEY)) is None
    assert changed((KEY, RSA), (KEY,)) is None
    assert changed((KEY,), (KEY, RSA)) is None
    assert changed((), (KEY,)) is None
    assert changed((KEY,), (OTHER,)) == (KEY, OTHER)
    assert changed((KEY, RSA), (RSA, OTHER)) == (KEY, OTHER)
    assert changed((KEY,), (RSA,)) == (KEY, RSA)


def test_fingerprints_are_those_of_openssh() -> None:
    line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    # The host key of github.com and its fingerprint, as its documentation publishes them.
    assert fingerprint(base64.b64decode(line.split()[1])) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
