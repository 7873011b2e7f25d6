"""What a rule of a security group lets through, in words, and which rules open a port to the world. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osvm_tui.domain.catalog import SecurityRule


def ports_told(rule: SecurityRule) -> str:
    """Return what passes: `tcp 22`, `udp 8000-8010`, `icmp`, `anything`."""
    if not rule.protocol:
        return "anything"
    low, high = rule.port_min, rule.port_max
    if rule.protocol.startswith("icmp"):
        return rule.protocol
    if low is None:
        return f"{rule.protocol} all ports"
    return f"{rule.protocol} {low}" if low == high or high is None else f"{rule.protocol} {low}-{high}"


def world_told(rules: Iterable[SecurityRule]) -> str:
    """Return what is open to the world: `open to the world: tcp 22, 443; icmp`; empty when nothing is."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        if rule.open_to_world:
            protocol, _, ports = ports_told(rule).partition(" ")
            known = found.setdefault(protocol, [])
            if ports and ports not in known:
                known.append(ports)
    told = (f"{protocol} {', '.join(sorted(ports, key=_first))}".strip() for protocol, ports in found.items())
    return f"open to the world: {'; '.join(told)}" if found else ""


def _first(ports: str) -> int:
    low = ports.partition("-")[0]
    return int(low) if low.isdecimal() else -1


def rule_of(params: Mapping[str, object]) -> SecurityRule:
    """Return the rule that the parameters of `security-group.add-rule` ask for; ports that are no numbers are none."""
    protocol = str(params.get("protocol", "") or "")
    low, _, high = str(params.get("ports", "") or "").replace(" ", "").partition("-")
    return SecurityRule(
        direction=str(params.get("direction", "") or "ingress"),
        protocol="" if protocol == "any" else protocol,
        port_min=int(low) if low.isdecimal() else None,
        port_max=int(high or low) if (high or low).isdecimal() else None,
        remote_cidr=str(params.get("remote_cidr", "") or ""),
        remote_group_id=str(params.get("remote_group_id", "") or ""),
    )
