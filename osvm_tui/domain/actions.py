"""ACTIONS: the one table of every server action, written by hand from Nova's own rules. No logic here.

Checked in tests against an independent extract of Nova's decorators (tests/data/nova-actions.json).
"""

from __future__ import annotations

from osvm_tui.domain.action import ANY_TASK, ActionSpec, Expect, Group, Param, Risk, TaskRule
from osvm_tui.domain.roles import CloudRole, ConsoleRole

A, S, P, U, R, Z = "active", "stopped", "paused", "suspended", "rescued", "resized"
E, D, H, O = "error", "soft-delete", "shelved", "shelved_offloaded"  # noqa: E741


def _states(*names: str) -> frozenset[str]:
    return frozenset(names)


def _to(*names: str) -> Expect:
    return Expect(vm_states=frozenset(names))


_SAME = Expect(vm_states=frozenset({"*same"}))
_NOW = Expect(immediate=True)
_LOGGED = Expect(logged=True)
_HARD_TASKS = TaskRule(
    allowed=_states(
        "rebooting",
        "reboot_pending",
        "reboot_started",
        "rebooting_hard",
        "pausing",
        "unpausing",
        "suspending",
        "resuming",
    )
)
_MIGRATING = TaskRule(idle=False, allowed=_states("migrating"))
_METADATA = _states(A, P, U, S)
_VOLUME = _states(A, P, S, Z, D, H, O)
_DISRUPTIVE, _DESTRUCTIVE = Risk.DISRUPTIVE, Risk.DESTRUCTIVE
_ADMIN, _READER, _MANAGER = CloudRole.ADMIN, CloudRole.READER, CloudRole.MANAGER

_POWER = (
    ActionSpec(
        id="start", label="Start", help="power the VM on", doing="starting", group=Group.POWER, key="t",
        vm_states=_states(S), needs_host=True, expect=_to(A), deadline_s=60, offered=True,
    ),
    ActionSpec(
        id="stop", label="Stop", help="shut the guest down, then cut the power", doing="stopping",
        group=Group.POWER, key="t", vm_states=_states(A, E), needs_host=True, risk=_DISRUPTIVE,
        expect=_to(S), deadline_s=120, offered=True,
        note="the guest gets up to 60 s to shut down, then its power is cut",
    ),
    ActionSpec(
        id="reboot-soft", label="Reboot", help="ask the guest to reboot", doing="rebooting",
        group=Group.POWER, key="r", vm_states=_states(A), risk=_DISRUPTIVE, expect=_to(A),
        deadline_s=180, offered=True,
    ),
    ActionSpec(
        id="reboot-hard", label="Hard reboot", help="cut the power and start again; also ends a stuck reboot",
        doing="hard rebooting", group=Group.POWER, key="R", vm_states=_states(A, S, P, U, E),
        tasks=_HARD_TASKS, risk=_DISRUPTIVE, expect=_to(A), deadline_s=120, offered=True,
        note="unsaved data in the guest is lost",
    ),
    ActionSpec(
        id="pause", label="Pause", help="freeze the guest in memory", doing="pausing", group=Group.POWER,
        key="p", vm_states=_states(A), risk=_DISRUPTIVE, expect=_to(P), offered=True,
    ),
    ActionSpec(
        id="unpause", label="Unpause", help="let a paused guest go on", doing="unpausing",
        group=Group.POWER, key="p", vm_states=_states(P), expect=_to(A), offered=True,
    ),
    ActionSpec(
        id="suspend", label="Suspend", help="save the guest's memory to disk and stop it", doing="suspending",
        group=Group.POWER, key="s", vm_states=_states(A), risk=_DISRUPTIVE, expect=_to(U),
        deadline_s=180, offered=True,
    ),
    ActionSpec(
        id="resume", label="Resume", help="bring a suspended guest back", doing="resuming",
        group=Group.POWER, key="s", vm_states=_states(U), expect=_to(A), deadline_s=180, offered=True,
    ),
)  # fmt: skip

_LIFECYCLE = (
    ActionSpec(
        id="shelve", label="Shelve", help="keep disk and addresses, give the host back", doing="shelving",
        group=Group.LIFECYCLE, key="h", vm_states=_states(A, S, P, U), risk=_DISRUPTIVE, expect=_to(O, H),
        deadline_s=900, offered=True, note="an image of the disk is made; memory is lost",
    ),
    ActionSpec(
        id="unshelve", label="Unshelve", help="bring a shelved VM back on a host", doing="unshelving",
        group=Group.LIFECYCLE, key="h", vm_states=_states(H, O), expect=_to(A), deadline_s=600, offered=True,
    ),
    ActionSpec(
        id="shelve-offload", label="Offload", help="give a shelved VM's host back now", doing="offloading",
        group=Group.ADMIN, vm_states=_states(H), cloud_role=_ADMIN, risk=_DISRUPTIVE, expect=_to(O),
        deadline_s=300,
        key="H", offered=True,
    ),
    ActionSpec(
        id="lock", label="Lock", help="refuse changes by anybody but an admin", doing="locking",
        group=Group.LIFECYCLE, key="l", tasks=ANY_TASK, launched=False, lock=False,
        expect=Expect(locked=True), deadline_s=30, offered=True,
        params=(Param("reason", required=False, help="why, shown to everybody (2.73 on)"),),
    ),
    ActionSpec(
        id="unlock", label="Unlock", help="let changes through again", doing="unlocking",
        group=Group.LIFECYCLE, key="l", tasks=ANY_TASK, launched=False, lock=False,
        expect=Expect(locked=False), deadline_s=30, offered=True,
    ),
    ActionSpec(
        id="update-server", label="Rename", help="change name or description", doing="renaming",
        group=Group.LIFECYCLE, key="n", tasks=ANY_TASK, launched=False, lock=False, expect=_NOW,
        deadline_s=30, offered=True, bulk=False, edits=True,
        params=(Param("name", required=False, help="new name"),
                Param("description", required=False, help="new description")),
    ),
    ActionSpec(
        id="rescue", label="Rescue", help="boot from a rescue image, the disk attached beside it",
        doing="rescuing", group=Group.LIFECYCLE, vm_states=_states(A, S, E), risk=_DISRUPTIVE, expect=_to(R),
        deadline_s=300,
        key="e", offered=True,
        params=(Param("image_id", "image", required=False, help="boot from it; empty: the cloud's own rescue image"),),
        note="the guest is stopped; its disk is the second one of the rescue system",
    ),
    ActionSpec(
        id="unrescue", label="Unrescue", help="boot from its own disk again", doing="unrescuing",
        group=Group.LIFECYCLE, vm_states=_states(R), expect=_to(A), deadline_s=180,
        key="e", offered=True,
    ),
    ActionSpec(
        id="rebuild", label="Rebuild", help="write the disk anew from an image", doing="rebuilding",
        group=Group.LIFECYCLE, vm_states=_states(A, S, E), risk=_DESTRUCTIVE, expect=_to(A, S), deadline_s=900,
        key="b", offered=True,
        params=(Param("image_id", "image", help="what is written on the disk"),),
        note="everything on the root disk is lost; addresses and volumes stay",
    ),
    ActionSpec(
        id="resize", label="Resize", help="move to another flavor, then confirm or revert", doing="resizing",
        group=Group.LIFECYCLE, vm_states=_states(A, S), needs_host=True, host_up=True, risk=_DISRUPTIVE,
        expect=_to(Z), deadline_s=1800,
        key="z", offered=True,
        params=(Param("flavor_id", "flavor", help="the new size, with what it leaves of the quota"),),
        note="the guest is stopped meanwhile; the new size must be confirmed or reverted",
    ),
    ActionSpec(
        id="confirm-resize", label="Confirm resize", help="keep the new flavor, drop the old disk",
        doing="confirming", group=Group.LIFECYCLE, vm_states=_states(Z), risk=_DISRUPTIVE, expect=_to(A, S),
        deadline_s=300,
        key="C", offered=True,
        note="the way back is gone then",
    ),
    ActionSpec(
        id="revert-resize", label="Revert resize", help="go back to the old flavor", doing="reverting",
        group=Group.LIFECYCLE, vm_states=_states(Z), risk=_DISRUPTIVE, expect=_to(A, S), deadline_s=900,
        key="V", offered=True,
        note="what was written since the resize is lost",
    ),
    ActionSpec(
        id="delete", label="Delete", help="remove the VM for good", doing="deleting", group=Group.LIFECYCLE,
        key="d", tasks=ANY_TASK, launched=False, risk=_DESTRUCTIVE, expect=Expect(gone=True),
        deadline_s=180, offered=True, note="its disk is gone for good; floating IPs stay allocated",
    ),
    ActionSpec(
        id="soft-delete", label="Soft delete", help="delete with a time to restore (where the cloud defers)",
        doing="soft-deleting", group=Group.LIFECYCLE, tasks=ANY_TASK, risk=_DESTRUCTIVE, expect=_to(D),
    ),
    ActionSpec(
        id="force-delete", label="Force delete", help="delete at once, even where deletes are deferred",
        doing="force deleting", group=Group.LIFECYCLE, tasks=ANY_TASK, launched=False, risk=_DESTRUCTIVE,
        expect=Expect(gone=True), deadline_s=180,
        key="D", offered=True,
        note="its disk is gone at once and for good",
    ),
    ActionSpec(
        id="restore", label="Restore", help="bring a soft-deleted VM back", doing="restoring",
        group=Group.LIFECYCLE, vm_states=_states(D), expect=_to(A), deadline_s=180,
        key="U", offered=True,
    ),
    ActionSpec(
        id="change-password", label="Set password", help="change the guest's admin password",
        doing="changing the password of", group=Group.LIFECYCLE, vm_states=_states(A), risk=_DISRUPTIVE,
        key="w", offered=True,
        params=(Param("password", "secret", help="the new password of the guest's administrator"),),
        note="the guest must run the QEMU agent, or the cloud refuses",
    ),
    ActionSpec(
        id="trigger-crash-dump", label="Crash dump", help="send the guest an NMI",
        doing="triggering a crash dump of", group=Group.ADMIN, vm_states=_states(A, P, R, Z, E),
        needs_host=True, microversion=(2, 17), risk=_DESTRUCTIVE, expect=_LOGGED,
        key="X", offered=True,
        note="most guests write a dump and reboot",
    ),
    ActionSpec(
        id="create-server", label="New VM", help="create a VM", doing="creating", group=Group.LIFECYCLE,
        tasks=ANY_TASK, launched=False, lock=False, expect=_to(A), deadline_s=600, offered=True, bulk=False,
    ),
)  # fmt: skip

_LOOK = (
    ActionSpec(
        id="console-output", label="Console log", help="what the guest wrote to its serial console",
        doing="reading the console of", group=Group.LOOK, key="c", tasks=ANY_TASK, launched=False, lock=False,
        needs_host=True, console_role=ConsoleRole.VIEWER, changes=False, bulk=False, offered=True,
    ),
    ActionSpec(
        id="remote-console", label="Console URL", help="a console URL to open in a browser",
        doing="asking a console of", group=Group.LOOK, key="v",
        tasks=TaskRule(any=True, refused=_states("deleting", "migrating")), launched=False, lock=False,
        needs_host=True, microversion=(2, 6), changes=False, bulk=False, offered=True,
    ),
    ActionSpec(
        id="diagnostics", label="Diagnostics", help="the hypervisor's counters", doing="reading",
        group=Group.LOOK, tasks=ANY_TASK, launched=False, lock=False, needs_host=True, cloud_role=_ADMIN,
        console_role=ConsoleRole.VIEWER, changes=False,
        key="i", offered=True, bulk=False,
    ),
)  # fmt: skip

_IMAGE_NETWORK_STORAGE = (
    ActionSpec(
        id="create-image", label="Snapshot", help="make an image of the disk", doing="snapshotting",
        group=Group.IMAGE, vm_states=_states(A, S, P, U), lock=False, expect=_SAME, deadline_s=1800,
        key="g", offered=True,
        params=(Param("name", help="the image's name; {name} is the VM's", default="{name}-snapshot"),),
    ),
    ActionSpec(
        id="create-backup", label="Backup", help="make an image and rotate old ones", doing="backing up",
        group=Group.IMAGE, vm_states=_states(A, S, P, U), lock=False, expect=_SAME, deadline_s=1800,
        key="B", offered=True,
        params=(Param("name", help="the image's name; {name} is the VM's", default="{name}-backup"),
                Param("backup_type", "choice", help="its series", choices=("daily", "weekly"), default="daily"),
                Param("rotation", "int", help="how many of the series are kept", default="7")),
        note="the oldest of the series beyond the rotation are deleted",
    ),
    ActionSpec(
        id="attach-interface", label="Attach interface", help="add a port", doing="attaching a port to",
        group=Group.NETWORK, vm_states=_states(A, P, S), service="network",
        key="a", offered=True, bulk=False,
        params=(Param("network_id", "network", help="where the new port goes"),
                Param("fixed_ip", required=False, help="this address; empty: any free one")),
    ),
    ActionSpec(
        id="detach-interface", label="Detach interface", help="remove a port", doing="detaching a port from",
        group=Group.NETWORK, vm_states=_states(A, P, S), risk=_DISRUPTIVE, service="network", expect=_LOGGED,
        key="A", offered=True, bulk=False,
        params=(Param("port_id", "port-of-vm", help="which port"),),
    ),
    ActionSpec(
        id="add-floating-ip", label="Associate floating IP", help="make it reachable from outside",
        doing="associating", group=Group.NETWORK, tasks=ANY_TASK, launched=False, lock=False, service="network",
        key="f", offered=True, bulk=False,
        params=(Param("floating_ip_id", "floating-ip", help="a free one of this project"),
                Param("port_id", "port-of-vm", help="the port that it leads to")),
    ),
    ActionSpec(
        id="remove-floating-ip", label="Disassociate floating IP", help="take the outside address away",
        doing="disassociating", group=Group.NETWORK, tasks=ANY_TASK, launched=False, lock=False,
        service="network", risk=_DISRUPTIVE,
        key="F", offered=True, bulk=False,
        params=(Param("floating_ip_id", "floating-ip-of-vm", help="which one"),),
    ),
    ActionSpec(
        id="add-security-group", label="Add security group", help="open ports by a group's rules",
        doing="adding a group to", group=Group.NETWORK, tasks=ANY_TASK, launched=False, lock=False,
        key="o", offered=True,
        params=(Param("security_group", "security-group", help="whose rules shall hold, too"),),
    ),
    ActionSpec(
        id="remove-security-group", label="Remove security group", help="close what a group opened",
        doing="removing a group from", group=Group.NETWORK, tasks=ANY_TASK, launched=False, lock=False,
        risk=_DISRUPTIVE,
        key="O", offered=True,
        params=(Param("security_group", "group-of-vm", help="whose rules shall hold no more"),),
    ),
    ActionSpec(
        id="attach-volume", label="Attach volume", help="add a disk", doing="attaching a volume to",
        group=Group.STORAGE, vm_states=_VOLUME, service="volume", expect=_LOGGED, deadline_s=120,
        key="m", offered=True, bulk=False,
        params=(Param("volume_id", "volume", help="a free one of this project"),),
    ),
    ActionSpec(
        id="detach-volume", label="Detach volume", help="remove a disk", doing="detaching a volume from",
        group=Group.STORAGE, vm_states=_VOLUME, needs_host=True, host_up=True, service="volume",
        risk=_DISRUPTIVE, expect=_LOGGED, deadline_s=120,
        key="M", offered=True, bulk=False,
        params=(Param("volume_id", "volume-of-vm", help="which one"),),
    ),
    ActionSpec(
        id="update-volume-attachment", label="Keep or drop volume", help="whether a volume dies with the VM",
        doing="updating a volume of", group=Group.STORAGE, tasks=ANY_TASK, launched=False, lock=False,
        microversion=(2, 85), service="volume",
        key="K", offered=True, bulk=False,
        params=(Param("volume_id", "volume-of-vm", help="which one"),
                Param("delete_on_termination", "flag", help="deleted together with the VM")),
    ),
    ActionSpec(
        id="swap-volume", label="Swap volume", help="used by Cinder itself, not by operators",
        doing="swapping a volume of", group=Group.STORAGE, vm_states=_states(A, P, Z), cloud_role=_ADMIN,
        service="volume", risk=_DESTRUCTIVE,
    ),
    ActionSpec(
        id="set-metadata", label="Set metadata", help="set keys and values", doing="setting metadata of",
        group=Group.LIFECYCLE, vm_states=_METADATA, tasks=ANY_TASK,
        key="E", offered=True,
        params=(Param("metadata", "pairs", help="key=value, one or several separated by commas"),),
    ),
    ActionSpec(
        id="delete-metadata", label="Delete metadata", help="remove a key", doing="deleting metadata of",
        group=Group.LIFECYCLE, vm_states=_METADATA, tasks=ANY_TASK, risk=_DISRUPTIVE,
        key="G", offered=True, bulk=False,
        params=(Param("key", "metadata-key", help="which key"),),
    ),
    ActionSpec(
        id="set-tags", label="Set tags", help="add or replace tags", doing="tagging", group=Group.LIFECYCLE,
        vm_states=_METADATA, tasks=ANY_TASK, launched=False, lock=False, microversion=(2, 26),
        key="T", offered=True,
        params=(Param("tags", "words", help="all tags that the VM shall have, separated by commas"),),
    ),
    ActionSpec(
        id="delete-tags", label="Delete tags", help="remove tags", doing="untagging", group=Group.LIFECYCLE,
        vm_states=_METADATA, tasks=ANY_TASK, launched=False, lock=False, microversion=(2, 26),
        key="Y", offered=True, bulk=False,
        params=(Param("tag", "tag", help="which tag"),),
    ),
)  # fmt: skip

_ADMIN_ACTIONS = (
    ActionSpec(
        id="migrate", label="Cold migrate", help="move to another host, powered off", doing="migrating",
        group=Group.ADMIN, vm_states=_states(A, S), needs_host=True, host_up=True, cloud_role=_MANAGER,
        risk=_DISRUPTIVE, expect=_to(Z), deadline_s=1800,
        key="N", offered=True,
        params=(Param("host", "host", required=False, help="this host; empty: the scheduler chooses"),),
        note="the guest is stopped meanwhile; the move must be confirmed or reverted",
    ),
    ActionSpec(
        id="live-migrate", label="Live migrate", help="move to another host while it runs",
        doing="live migrating", group=Group.ADMIN, vm_states=_states(A, P), cloud_role=_MANAGER,
        risk=_DISRUPTIVE, expect=Expect(vm_states=frozenset({"*same"}), moved=True), deadline_s=1800,
        key="L", offered=True,
        params=(Param("host", "host", required=False, help="this host; empty: the scheduler chooses"),),
    ),
    ActionSpec(
        id="live-migrate-force-complete", label="Force migration", help="pause the guest so that it ends",
        doing="forcing the migration of", group=Group.ADMIN, vm_states=_states(A), tasks=_MIGRATING,
        microversion=(2, 22), cloud_role=_MANAGER, risk=_DISRUPTIVE, expect=_LOGGED, deadline_s=300,
        key="P", offered=True, bulk=False,
        params=(Param("migration_id", "migration", help="which migration"),),
        note="the guest is paused until the copy is done",
    ),
    ActionSpec(
        id="live-migrate-abort", label="Abort migration", help="stay on the old host",
        doing="aborting the migration of", group=Group.ADMIN, tasks=_MIGRATING, microversion=(2, 24),
        cloud_role=_MANAGER, expect=_LOGGED, deadline_s=300,
        key="S", offered=True, bulk=False,
        params=(Param("migration_id", "migration", help="which migration"),),
    ),
    ActionSpec(
        id="evacuate", label="Evacuate", help="rebuild on another host after its own died",
        doing="evacuating", group=Group.ADMIN, vm_states=_states(A, S, E), tasks=ANY_TASK, lock=False,
        host_down=True, cloud_role=_ADMIN, risk=_DESTRUCTIVE, expect=Expect(vm_states=_states(A, S), moved=True),
        deadline_s=900, key="W", offered=True,
        params=(Param("host", "host", required=False, help="this host; empty: the scheduler chooses"),),
        note="only for a VM whose host is dead for certain; on local disk its data are lost",
    ),
    ActionSpec(
        id="reset-state", label="Reset state", help="rewrite the recorded state; the guest is untouched",
        doing="resetting", group=Group.ADMIN, tasks=ANY_TASK, launched=False, lock=False, cloud_role=_ADMIN,
        risk=_DISRUPTIVE,
        key="Z", offered=True,
        params=(Param("state", "choice", help="what is recorded", choices=("active", "error"), default="active"),),
        note="nothing is repaired; a task that still runs may overwrite it",
    ),
    ActionSpec(
        id="inject-network-info", label="Inject network", help="push network settings again",
        doing="injecting network into", group=Group.ADMIN, tasks=ANY_TASK, launched=False, needs_host=True,
        cloud_role=_ADMIN,
        key="I", offered=True,
    ),
)  # fmt: skip

ACTIONS: dict[str, ActionSpec] = {
    spec.id: spec for spec in (*_POWER, *_LIFECYCLE, *_LOOK, *_IMAGE_NETWORK_STORAGE, *_ADMIN_ACTIONS)
}


def offered() -> tuple[ActionSpec, ...]:
    """Return the verbs that are offered on a VM, in the table's order; creation is a form of its own.

    Two are not: `soft-delete` is the same call as `delete` (the cloud decides which it is), and `swap-volume` is
    Cinder's own, which breaks a volume when anybody else calls it.
    """
    return tuple(spec for spec in ACTIONS.values() if spec.offered and spec.id != "create-server")
