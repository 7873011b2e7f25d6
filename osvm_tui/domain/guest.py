"""How to log in to a guest: rules of the operator, what they mean for one VM, and which of its addresses to take.

Pure. Nothing that a cloud or a VM says is believed here: addresses must be addresses, users must look like users.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import asdict

from osvm_tui.domain.vm import Address, Vm

_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_CRITERIA = ("cloud", "project", "image", "tag", "name")
_GIVEN = ("user", "key_file", "bastion", "port", "address", "agent")


class GuestRule(Struct, frozen=True, kw_only=True):
    """One `[[ssh]]` table of the settings: which VMs it is for, and what it gives them. Empty means any, or nothing."""

    cloud: str = ""
    """Name or pattern of the entry in clouds.yaml."""
    project: str = ""
    """Name or id."""
    image: str = ""
    """Name or pattern, or the id."""
    tag: str = ""
    name: str = ""
    """Name or pattern of the VM."""
    user: str = ""
    key_file: str = ""
    bastion: str = ""
    """`user@host:port`, user and port may be missing; `none` where no later rule shall give one."""
    port: int = 0
    address: str = ""
    """`floating`, `fixed`, `ipv6`, `network NAME`, or an address to take as it is."""
    agent: bool | None = None
    """Whether ssh may ask the operator's agent; it may not unless a rule says so."""

    @property
    def words(self) -> str:
        """Which VMs it is for: `image ubuntu-*, tag db`."""
        told = ", ".join(f"{key} {getattr(self, key)}" for key in _CRITERIA if getattr(self, key))
        return told or "every VM"


RULE_KEYS = GuestRule.__struct_fields__


class GuestVm(Struct, frozen=True):
    """A VM with the names that rules may ask for; a name that nobody told is empty."""

    vm: Vm
    cloud: str = ""
    project_name: str = ""
    image_name: str = ""


class Hop(Struct, frozen=True):
    """A machine to log in to on the way."""

    host: str
    port: int = 22
    user: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}" if self.user else f"{host}:{self.port}"

    @property
    def known_as(self) -> str:
        """The name under which OpenSSH looks for its key: with the port, unless that is the usual one."""
        return self.host.lower() if self.port == 22 else f"[{self.host.lower()}]:{self.port}"


class Login(Struct, frozen=True, kw_only=True):
    """What the rules say for one VM. `sources` tells which rule gave what."""

    user: str = ""
    key_file: str = ""
    bastion: Hop | None = None
    port: int = 22
    address: str = ""
    agent: bool = False
    sources: tuple[tuple[str, str], ...] = ()


IMAGE_USERS = (
    ("ubuntu*", "ubuntu"), ("debian*", "debian"), ("cirros*", "cirros"), ("fedora-coreos*", "core"),
    ("fedora*", "fedora"), ("rocky*", "rocky"), ("almalinux*", "almalinux"), ("rhel*", "cloud-user"),
    ("opensuse*", "opensuse"), ("flatcar*", "core"), ("arch*", "arch"), ("freebsd*", "freebsd"),
)  # fmt: skip
"""Users that cloud images are published with (OpenStack image guide and the distributions' own pages)."""


def wrong_in(rule: GuestRule) -> Iterator[tuple[str, str]]:
    """Yield (key, what was expected) for every value of a rule that could not be used."""
    if rule.user and not is_user(rule.user):
        yield "user", "a user name"
    if rule.bastion not in ("", "none") and bastion_of(rule.bastion) is None:
        yield "bastion", "user@host:port (user and port may be missing), or none"
    if not 0 <= rule.port <= 65535:
        yield "port", "a port, 1 to 65535"
    kind = rule.address.partition(" ")[0]
    if kind not in ("", "floating", "fixed", "ipv6", "network") and plain_address(rule.address) is None:
        yield "address", "floating, fixed, ipv6, network NAME, or an IP address"


def is_user(text: str) -> bool:
    """Return whether a text may stand where ssh takes a user."""
    return _USER.fullmatch(text) is not None


def is_alias(text: str) -> bool:
    """Return whether a VM's id may stand where ssh takes the name of a host key."""
    return _ALIAS.fullmatch(text) is not None


def plain_address(text: str) -> str | None:
    """Return an IP address in its usual form, None for anything else. A zone (`%eth0`) may hold any text: refused."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else str(address)


def bastion_of(text: str) -> Hop | None:
    """Read `user@host:port`; None when it is not one."""
    user, _, rest = text.rpartition("@")
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+))(?::(\d{1,5}))?", rest)
    if found is None or (user and not is_user(user)) or "@" in user:
        return None
    host, port = found[1] or found[2], int(found[3] or 22)
    if (plain_address(host) is None and not _HOST.fullmatch(host)) or not 0 < port <= 65535:
        return None
    return Hop(host, port, user)


def login_for(rules: Sequence[GuestRule], guest: GuestVm) -> Login:
    """Return what holds for one VM: for each value the first rule that matches and gives it."""
    given: dict[str, object] = {}
    sources: dict[str, str] = {}
    for number, rule in enumerate(rules, 1):
        if not _matches(rule, guest):
            continue
        for key, value in asdict(rule).items():
            if key in _GIVEN and key not in given and (value or value is False):
                given[key], sources[key] = value, f"rule {number} ({rule.words})"
    if "user" not in given and (usual := _image_user(guest.image_name)):
        given["user"], sources["user"] = usual, f"usual for the image {guest.image_name}"
    return Login(
        user=str(given.get("user", "")),
        key_file=str(given.get("key_file", "")),
        bastion=bastion_of(str(given.get("bastion", "none"))) if given.get("bastion", "none") != "none" else None,
        port=int(str(given.get("port", 22))),
        address=str(given.get("address", "")),
        agent=bool(given.get("agent", False)),
        sources=tuple(sources.items()),
    )


def _matches(rule: GuestRule, guest: GuestVm) -> bool:
    vm = guest.vm
    return (
        (not rule.cloud or fnmatchcase(guest.cloud, rule.cloud))
        and (not rule.project or rule.project in (vm.project_id, guest.project_name))
        and (not rule.image or _is_image(rule.image, guest))
        and (not rule.tag or rule.tag in vm.tags)
        and (not rule.name or fnmatchcase(vm.name, rule.name))
    )


def _is_image(wanted: str, guest: GuestVm) -> bool:
    by_name = bool(guest.image_name) and fnmatchcase(guest.image_name.lower(), wanted.lower())
    return by_name or wanted == guest.vm.image_id


def _image_user(image_name: str) -> str:
    return next((user for pattern, user in IMAGE_USERS if fnmatchcase(image_name.lower(), pattern)), "")


def chosen_address(vm: Vm, login: Login) -> tuple[str, str]:
    """Return (address, why this one); (empty, why there is none) when the VM has none to go to."""
    if literal := plain_address(login.address):
        return literal, "the address that the rule names"
    kind, _, name = login.address.partition(" ")
    floating, fixed = _usable(vm, floating=True), _usable(vm, floating=False)
    if kind == "network":
        here = [each for each in fixed if each.network == name]
        return _first(here, f"its address on {name}", f"{vm.name} has no address on the network {name}")
    if kind == "ipv6":
        six = [each for each in (*floating, *fixed) if each.version == 6]
        return _first(six, "its IPv6 address", f"{vm.name} has no IPv6 address")
    if kind == "floating":
        return _first(floating, "its floating IP, as the rule wants", f"{vm.name} has no floating IP")
    if kind == "fixed":
        return _first(fixed, "its fixed address, as the rule wants", f"{vm.name} has no fixed address")
    if login.bastion and fixed:
        return fixed[0].addr, "its fixed address: the way leads through the bastion"
    if floating:
        return floating[0].addr, "its floating IP"
    return _first(fixed, "its fixed address: it has no floating IP", f"{vm.name} has no address")


def _usable(vm: Vm, *, floating: bool) -> list[Address]:
    """Return its addresses of one kind that are addresses indeed, IPv4 first."""
    found = [each for each in vm.addresses if each.floating is floating and plain_address(each.addr)]
    return sorted(found, key=lambda each: each.version)


def _first(found: Sequence[Address], why: str, why_none: str) -> tuple[str, str]:
    return (found[0].addr, why) if found else ("", why_none)
