"""RESOURCE_ACTIONS: the one table of changes to what VMs stand on, written by hand. No logic here."""

from __future__ import annotations

from osvm_tui.domain.action import Param, Risk
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.resource import Bill, ResourceSpec
from osvm_tui.domain.roles import CloudRole, ConsoleRole

_DISRUPTIVE, _DESTRUCTIVE = Risk.DISRUPTIVE, Risk.DESTRUCTIVE
_NAME = Param("name", help="its name")
_ABOUT = Param("description", required=False, help="what it is for")

_IMAGE = (
    ResourceSpec(
        id="image.rename", kind=CatalogKind.IMAGE, label="Rename", help="give it another name", doing="renaming",
        key="n", service="image", params=(_NAME,), edits=True,
    ),
    ResourceSpec(
        id="image.delete", kind=CatalogKind.IMAGE, label="Delete", help="remove the image for good", doing="deleting",
        key="d", service="image", risk=_DESTRUCTIVE, note="VMs made from it live on, but cannot be rebuilt from it",
        bill=Bill.ENDS,
    ),
)  # fmt: skip

_FLOATING = (
    ResourceSpec(
        id="floating-ip.allocate", kind=CatalogKind.FLOATING_IP, label="Allocate", help="take an address of a pool",
        doing="allocating", phrase="allocate a floating IP", key="N", creates=True, bill=Bill.BEGINS,
        params=(Param("network_id", "external-network", help="from which external network"), _ABOUT),
    ),
    ResourceSpec(
        id="floating-ip.release", kind=CatalogKind.FLOATING_IP, label="Release", help="give the address back",
        doing="releasing", key="d", risk=_DESTRUCTIVE, note="somebody else may get this very address",
        bill=Bill.ENDS,
    ),
    ResourceSpec(
        id="floating-ip.disassociate", kind=CatalogKind.FLOATING_IP, label="Disassociate", help="let it lead nowhere",
        doing="disassociating", key="x", free=False, risk=_DISRUPTIVE, bill=Bill.STAYS,
    ),
)  # fmt: skip

_GROUP = (
    ResourceSpec(
        id="security-group.create", kind=CatalogKind.SECURITY_GROUP, label="New group", help="make a security group",
        doing="creating", key="N", creates=True, params=(_NAME, _ABOUT),
    ),
    ResourceSpec(
        id="security-group.add-rule", kind=CatalogKind.SECURITY_GROUP, label="Add rule", help="let something through",
        doing="adding a rule to", phrase="add a rule to", key="r",
        params=(
            Param("direction", "choice", help="which way", choices=("ingress", "egress"), default="ingress"),
            Param("protocol", "choice", help="what", choices=("tcp", "udp", "icmp", "any"), default="tcp"),
            Param("ports", required=False, help="443 or 8000-8010; empty: all"),
            Param("remote_cidr", required=False, help="from or to where; empty or 0.0.0.0/0 is the whole world"),
            Param("remote_group_id", "security-group", required=False, help="only VMs of this group"),
        ),
    ),
    ResourceSpec(
        id="security-group.delete-rule", kind=CatalogKind.SECURITY_GROUP, label="Delete rule",
        help="let it through no more", doing="closing", phrase="delete a rule of", key="x", risk=_DISRUPTIVE,
        params=(Param("rule_id", "rule-of-group", help="which rule"),),
    ),
    ResourceSpec(
        id="security-group.rename", kind=CatalogKind.SECURITY_GROUP, label="Rename", help="change name or description",
        doing="renaming", key="n", params=(_NAME, _ABOUT), edits=True,
    ),
    ResourceSpec(
        id="security-group.delete", kind=CatalogKind.SECURITY_GROUP, label="Delete", help="remove the group",
        doing="deleting", key="d", risk=_DESTRUCTIVE, note="the cloud refuses while a port uses it",
    ),
)  # fmt: skip

_VOLUME = (
    ResourceSpec(
        id="volume.create", kind=CatalogKind.VOLUME, label="New volume", help="make a disk", doing="creating", key="N",
        creates=True, service="volume", bill=Bill.BEGINS,
        params=(
            _NAME, Param("size_gib", "int", help="GiB", default="10"),
            Param("volume_type", "volume-type", required=False, help="kind of storage; empty: the cloud's default"),
            Param("image_id", "image", required=False, help="copy this image on it"),
            Param("snapshot_id", "volume-snapshot", required=False, help="copy this snapshot on it"), _ABOUT,
        ),
    ),
    ResourceSpec(
        id="volume.extend", kind=CatalogKind.VOLUME, label="Extend", help="make it larger", doing="extending", key="e",
        service="volume", statuses=frozenset({"available", "in-use"}),
        params=(Param("size_gib", "int", help="the new size in GiB"),), note="it can never be made smaller again",
        bill=Bill.GROWS,
    ),
    ResourceSpec(
        id="volume.snapshot", kind=CatalogKind.VOLUME, label="Snapshot", help="copy it as it is now",
        doing="snapshotting", key="g", service="volume", statuses=frozenset({"available", "in-use"}),
        params=(Param("name", help="the snapshot's name; {name} is the volume's", default="{name}-snapshot"),),
        bill=Bill.COPIED,
    ),
    ResourceSpec(
        id="volume.rename", kind=CatalogKind.VOLUME, label="Rename", help="change name or description",
        doing="renaming", key="n", service="volume", params=(_NAME, _ABOUT), edits=True,
    ),
    ResourceSpec(
        id="volume.delete", kind=CatalogKind.VOLUME, label="Delete", help="remove the volume for good",
        doing="deleting", key="d", service="volume", free=True, risk=_DESTRUCTIVE,
        statuses=frozenset({"available", "error", "error_restoring", "error_extending", "error_managing"}),
        note="its data are gone for good", bill=Bill.ENDS,
    ),
    ResourceSpec(
        id="volume-snapshot.rename", kind=CatalogKind.VOLUME_SNAPSHOT, label="Rename",
        help="change name or description", doing="renaming", key="n", service="volume", params=(_NAME, _ABOUT),
        edits=True,
    ),
    ResourceSpec(
        id="volume-snapshot.delete", kind=CatalogKind.VOLUME_SNAPSHOT, label="Delete", help="remove the snapshot",
        doing="deleting", key="d", service="volume", statuses=frozenset({"available", "error"}), risk=_DESTRUCTIVE,
        bill=Bill.ENDS,
    ),
)  # fmt: skip

_COMPUTE = (
    ResourceSpec(
        id="keypair.create", kind=CatalogKind.KEYPAIR, label="New key pair",
        help="make a key; the private half is shown once", doing="creating", key="N", creates=True, service="compute",
        params=(_NAME,), note="the private key is shown once and kept nowhere",
    ),
    ResourceSpec(
        id="keypair.import", kind=CatalogKind.KEYPAIR, label="Import key", help="bring a public key of yours",
        doing="importing", phrase="import a key", key="i", creates=True, service="compute",
        params=(_NAME, Param("public_key", help="the line of the .pub file, or its path")),
    ),
    ResourceSpec(
        id="keypair.delete", kind=CatalogKind.KEYPAIR, label="Delete", help="forget the key", doing="deleting",
        key="d", service="compute", risk=_DESTRUCTIVE, note="VMs keep the key that they were made with",
    ),
    ResourceSpec(
        id="server-group.create", kind=CatalogKind.SERVER_GROUP, label="New server group",
        help="keep VMs together or apart", doing="creating", key="N", creates=True, service="compute",
        params=(
            _NAME,
            Param("policy", "choice", help="what the scheduler shall do", default="soft-anti-affinity",
                  choices=("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity")),
        ),
    ),
    ResourceSpec(
        id="server-group.delete", kind=CatalogKind.SERVER_GROUP, label="Delete", help="forget the group",
        doing="deleting", key="d", service="compute", risk=_DESTRUCTIVE, note="its VMs stay where they are",
    ),
    ResourceSpec(
        id="service.disable", kind=CatalogKind.SERVICE, label="Disable", help="place no new VM on this host",
        doing="disabling", key="x", service="compute", microversion=(2, 53), cloud_role=CloudRole.ADMIN,
        console_role=ConsoleRole.ADMIN, statuses=frozenset({"enabled"}), risk=_DISRUPTIVE,
        params=(Param("reason", help="why, shown to every admin"),),
    ),
    ResourceSpec(
        id="service.enable", kind=CatalogKind.SERVICE, label="Enable", help="let new VMs come again", doing="enabling",
        key="e", service="compute", microversion=(2, 53), cloud_role=CloudRole.ADMIN, console_role=ConsoleRole.ADMIN,
        statuses=frozenset({"disabled"}),
    ),
)  # fmt: skip

RESOURCE_ACTIONS: dict[str, ResourceSpec] = {
    spec.id: spec for spec in (*_IMAGE, *_FLOATING, *_GROUP, *_VOLUME, *_COMPUTE)
}


def actions_on(kind: CatalogKind) -> tuple[ResourceSpec, ...]:
    """Return the verbs of one kind, in the table's order."""
    return tuple(spec for spec in RESOURCE_ACTIONS.values() if spec.kind is kind)
