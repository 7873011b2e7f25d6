"""Neutron's security group rules: create with its checks and texts, delete. A rule works, or stops, at once."""

from __future__ import annotations

import ipaddress
from typing import Any

from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.neutron_groups import groups, owned, rewrite, rule_record
from osvm_tui.cloud.mock.request import SimReply

PROTOCOLS = (
    "ah dccp egp esp gre hopopt icmp igmp ip ipip ipv6-encap ipv6-frag ipv6-icmp icmpv6 ipv6-nonxt ipv6-opts"
    " ipv6-route ospf pgm rsvp sctp tcp udp udplite vrrp"
)
ICMP = frozenset({"icmp", "ipv6-icmp", "icmpv6", "1", "58"})
COMPARED = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_group_id")
KNOWN = frozenset(COMPARED) | {"security_group_id", "remote_ip_prefix", "description", "project_id", "tenant_id"}
EVERYWHERE = frozenset({None, "0.0.0.0/0", "::/0"})
LIMIT = 100


def create(call: NeutronCall) -> SimReply:
    """Add a rule; the same rule again is 409 with the id of the one that is there."""
    body = call.body("security_group_rule")
    call.known(body, KNOWN)
    _check_form(body)
    _check_ports(body)
    _check_remote(call, body)
    group = owned(call, str(body.get("security_group_id")))
    used = sum(len(one["security_group_rules"]) for one in groups(call) if one["project_id"] == group["project_id"])
    if 0 <= call.limit("security_group_rule", LIMIT) <= used:
        raise Refused(409, "OverQuota", "Quota exceeded for resources: ['security_group_rule'].")
    fields = {name: body[name] for name in (*COMPARED, "remote_ip_prefix", "description") if name in body}
    rule = rule_record(call.world.new_id("rule"), group, call.now, **fields)
    for other in group["security_group_rules"]:
        if _same(other, rule):
            text = f"Security group rule already exists. Rule id is {other['id']}."
            raise Refused(409, "SecurityGroupRuleExists", text)
    rewrite(call, group, [*group["security_group_rules"], rule])
    return call.reply(201, {"security_group_rule": rule})


def _same(one: Thing, other: Thing) -> bool:
    prefixes = {one["remote_ip_prefix"], other["remote_ip_prefix"]}
    return all(one[name] == other[name] for name in COMPARED) and (len(prefixes) == 1 or prefixes <= EVERYWHERE)


def _check_form(body: Thing) -> None:
    for name in ("security_group_id", "direction"):
        if name not in body:
            text = f"Failed to parse request. Required attribute '{name}' not specified"
            raise Refused(400, "HTTPBadRequest", text)
    for name, allowed in (("direction", ("ingress", "egress")), ("ethertype", ("IPv4", "IPv6"))):
        value = body.get(name, allowed[0])
        if value not in allowed:
            text = f"Invalid input for {name}. Reason: {value} is not in valid_values."
            raise Refused(400, "HTTPBadRequest", text)
    protocol = body.get("protocol")
    number = str(protocol).isdigit() and int(str(protocol)) <= 255
    if protocol is not None and not number and str(protocol).lower() not in PROTOCOLS.split():
        known = [None, *PROTOCOLS.split()]
        text = f"Security group rule protocol {protocol} not supported. Only protocol values {known}"
        text += " and integer representations [0 to 255] are supported."
        raise Refused(400, "SecurityGroupRuleInvalidProtocol", text)


def _check_ports(body: Thing) -> None:
    low, high, protocol = (body.get(name) for name in ("port_range_min", "port_range_max", "protocol"))
    if low is None and high is None:
        return
    if protocol is None:
        text = "Must also specify protocol if port range is given."
        raise Refused(400, "SecurityGroupProtocolRequiredWithPorts", text)
    if str(protocol) in ICMP:
        _check_icmp(low, high)
        return
    for port in (low, high):
        if port is not None and not 0 <= int(port) <= 65535:
            raise Refused(400, "SecurityGroupInvalidPortValue", f"Invalid value for port {port}")
    if low is None or high is None or int(low) > int(high):
        text = "For TCP/UDP protocols, port_range_min must be <= port_range_max"
        raise Refused(400, "SecurityGroupInvalidPortRange", text)


def _check_icmp(kind: Any, code: Any) -> None:
    for value, what in ((kind, "type (port_range_min)"), (code, "code (port_range_max)")):
        if value is not None and not 0 <= int(value) <= 255:
            text = f"Invalid value for ICMP {what} {value}. It must be 0 to 255."
            raise Refused(400, "SecurityGroupInvalidIcmpValue", text)
    if kind is None:
        text = f"ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is missing."
        raise Refused(400, "SecurityGroupMissingIcmpType", text)


def _check_remote(call: NeutronCall, body: Thing) -> None:
    prefix, group = body.get("remote_ip_prefix"), body.get("remote_group_id")
    if prefix and group:
        text = "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
        raise Refused(400, "SecurityGroupMultipleRemoteEntites", text)
    if prefix:
        try:
            version = ipaddress.ip_network(prefix, strict=False).version
        except ValueError:
            raise Refused(400, "InvalidCIDR", f"Invalid CIDR {prefix} given as IP prefix.") from None
        ethertype = body.get("ethertype", "IPv4")
        if ethertype != f"IPv{version}":
            text = f"Conflicting value ethertype {ethertype} for CIDR {prefix}"
            raise Refused(400, "SecurityGroupRuleParameterConflict", text)
    if group:
        owned(call, str(group))


def delete(call: NeutronCall, key: str) -> SimReply:
    """Remove a rule."""
    for group in list(groups(call)):
        kept = [rule for rule in group["security_group_rules"] if rule["id"] != key]
        if len(kept) < len(group["security_group_rules"]):
            rewrite(call, group, kept)
            return call.reply(204)
    raise Refused(404, "SecurityGroupRuleNotFound", f"Security group rule {key} does not exist")
