"""A rule as people write it -> Neutron's security group rule. Source: Neutron's API reference, security-group-rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PORTS = re.compile(r"(\d{1,5})(?:\s*[-:]\s*(\d{1,5}))?")
_HIGHEST = 65535


def rule_body(group_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule's fields; raise ValueError for ports or a protocol that mean nothing.

    An address with colons makes it a rule for IPv6; without an address, or with a group, it is for IPv4.
    """
    cidr = str(params.get("remote_cidr") or "").strip()
    body: dict[str, Any] = {
        "security_group_id": group_id,
        "direction": params.get("direction") or "ingress",
        "ethertype": "IPv6" if ":" in cidr else "IPv4",
    }
    protocol = _protocol(str(params.get("protocol") or "any"), six=":" in cidr)
    if protocol:
        body["protocol"] = protocol
    body |= _ports(str(params.get("ports") or "").strip(), icmp="icmp" in protocol)
    if cidr:
        body["remote_ip_prefix"] = cidr
    if params.get("remote_group_id"):
        body["remote_group_id"] = params["remote_group_id"]
    if params.get("description"):
        body["description"] = params["description"]
    return body


def _protocol(word: str, *, six: bool) -> str:
    if word == "any":
        return ""
    return "ipv6-icmp" if word == "icmp" and six else word


def _ports(text: str, *, icmp: bool) -> dict[str, int]:
    """Return the range; for ICMP the two numbers are type and code, and the code may be missing."""
    if not text:
        return {}
    found = _PORTS.fullmatch(text)
    if found is None:
        raise ValueError(f"ports are one number or two with a hyphen, such as 443 or 8000-8010, not {text}")
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    if icmp:
        return {"port_range_min": first, **({"port_range_max": last} if found[2] else {})}
    if not 1 <= first <= last <= _HIGHEST:
        raise ValueError(f"ports go from 1 to {_HIGHEST}, the lower one first, not {text}")
    return {"port_range_min": first, "port_range_max": last}
