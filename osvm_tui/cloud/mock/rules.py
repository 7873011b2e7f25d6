"""Nova's gate as the simulated compute service applies it, written by hand from Nova's own rules.

It is on purpose a second reading, independent of the console's own action table: the two are checked
against each other. Holds states, tasks, lock, launch and host conditions and default roles; knows no HTTP.
"""

from __future__ import annotations

import msgspec

ANY: frozenset[str | None] | None = None
IDLE: frozenset[str | None] | None = frozenset({None})
HARD_TASKS: frozenset[str | None] = frozenset(
    {
        None,
        "rebooting",
        "reboot_pending",
        "reboot_started",
        "rebooting_hard",
        "pausing",
        "unpausing",
        "suspending",
        "resuming",
    }
)


class Rule(msgspec.Struct, frozen=True):
    """When Nova accepts an action: None in `vm_states` or `task_states` means that it is not looked at."""

    word: str
    """The action's name in Nova's conflict message."""
    policy: str
    vm_states: frozenset[str] | None = None
    task_states: frozenset[str | None] | None = IDLE
    role: str = "member"
    lock: bool = True
    launched: bool = True
    host: bool = False
    host_up: bool = False
    since: tuple[int, int] = (2, 1)


def _states(text: str) -> frozenset[str] | None:
    return frozenset(text.split()) if text else None


def _rule(word: str, policy: str, states: str = "", **options: object) -> Rule:
    return Rule(word=word, policy="os_compute_api:" + policy, vm_states=_states(states), **options)  # type: ignore[arg-type]


def _free(word: str, policy: str, **options: object) -> Rule:
    """A rule for what asks neither state, task nor launch."""
    return _rule(word, policy, task_states=ANY, **({"launched": False} | options))  # type: ignore[arg-type]


_VOLUME_STATES = "active paused stopped resized soft-delete shelved shelved_offloaded"
RULES: dict[str, Rule] = {
    "os-start": _rule("start", "servers:start", "stopped", host=True),
    "os-stop": _rule("stop", "servers:stop", "active error", host=True),
    "reboot": _rule("reboot", "servers:reboot", "active"),
    "reboot-hard": _rule("reboot", "servers:reboot", "active stopped paused suspended error", task_states=HARD_TASKS),
    "pause": _rule("pause", "os-pause-server:pause", "active"),
    "unpause": _rule("unpause", "os-pause-server:unpause", "paused"),
    "suspend": _rule("suspend", "os-suspend-server:suspend", "active"),
    "resume": _rule("resume", "os-suspend-server:resume", "suspended"),
    "rescue": _rule("rescue", "os-rescue", "active stopped error"),
    "unrescue": _rule("unrescue", "os-unrescue", "rescued"),
    "shelve": _rule("shelve", "os-shelve:shelve", "active stopped paused suspended"),
    "shelveOffload": _rule("shelveOffload", "os-shelve:shelve_offload", "shelved", role="admin"),
    "unshelve": _rule("unshelve", "os-shelve:unshelve", "shelved shelved_offloaded"),
    "lock": _free("lock", "os-lock-server:lock", lock=False),
    "unlock": _free("unlock", "os-lock-server:unlock", lock=False),
    "rebuild": _rule("rebuild", "servers:rebuild", "active stopped error"),
    "resize": _rule("resize", "servers:resize", "active stopped", host=True, host_up=True),
    "confirmResize": _rule("confirmResize", "servers:confirm_resize", "resized"),
    "revertResize": _rule("revertResize", "servers:revert_resize", "resized"),
    "migrate": _rule("migrate", "os-migrate-server:migrate", "active stopped", role="manager", host=True, host_up=True),
    "os-migrateLive": _rule("os-migrateLive", "os-migrate-server:migrate_live", "active paused", role="manager"),
    "force_complete": _rule(
        "force_complete",
        "servers:migrations:force_complete",
        "active",
        task_states=frozenset({"migrating"}),
        role="manager",
        since=(2, 22),
    ),
    "abort": _rule(
        "abort live migration",
        "servers:migrations:delete",
        task_states=frozenset({"migrating"}),
        role="manager",
        since=(2, 24),
    ),
    "evacuate": _rule("evacuate", "os-evacuate", "active stopped error", task_states=ANY, lock=False, role="admin"),
    "delete": _free("delete", "servers:delete"),
    "forceDelete": _free("forceDelete", "os-deferred-delete:force"),
    "restore": _rule("restore", "os-deferred-delete:restore", "soft-delete"),
    "createImage": _rule("createImage", "servers:create_image", "active stopped paused suspended", lock=False),
    "createBackup": _rule("createBackup", "os-create-backup", "active stopped paused suspended", lock=False),
    "changePassword": _rule("changePassword", "os-admin-password", "active"),
    "os-getConsoleOutput": _free("get_console_output", "os-console-output", lock=False, host=True),
    "remote-console": _free("get_vnc_console", "os-remote-consoles", lock=False, host=True, since=(2, 6)),
    "os-resetState": _free("reset_state", "os-admin-actions:reset_state", lock=False, role="admin"),
    "injectNetworkInfo": _free("injectNetworkInfo", "os-admin-actions:inject_network_info", role="admin", host=True),
    "trigger_crash_dump": _rule(
        "trigger_crash_dump",
        "servers:trigger_crash_dump",
        "active paused rescued resized error",
        host=True,
        since=(2, 17),
    ),
    "attach-interface": _rule("attach_interface", "os-attach-interfaces:create", "active paused stopped"),
    "detach-interface": _rule("detach_interface", "os-attach-interfaces:delete", "active paused stopped"),
    "attach-volume": _rule("attach_volume", "os-volumes-attachments:create", _VOLUME_STATES),
    "detach-volume": _rule("detach_volume", "os-volumes-attachments:delete", _VOLUME_STATES, host=True, host_up=True),
    "update-attachment": _free("update_volume_attachment", "os-volumes-attachments:update", lock=False, since=(2, 85)),
    "addSecurityGroup": _free("addSecurityGroup", "os-security-groups:add", lock=False),
    "removeSecurityGroup": _free("removeSecurityGroup", "os-security-groups:remove", lock=False),
    "set-metadata": _rule(
        "update metadata", "server-metadata:create", "active paused suspended stopped", task_states=ANY
    ),
    "delete-metadata": _rule(
        "delete metadata", "server-metadata:delete", "active paused suspended stopped", task_states=ANY
    ),
    "set-tags": _rule(
        "update tag",
        "os-server-tags:update",
        "active paused suspended stopped",
        task_states=ANY,
        lock=False,
        launched=False,
        since=(2, 26),
    ),
    "delete-tags": _rule(
        "delete tag",
        "os-server-tags:delete",
        "active paused suspended stopped",
        task_states=ANY,
        lock=False,
        launched=False,
        since=(2, 26),
    ),
    "update": _free("update", "servers:update", lock=False),
    "diagnostics": _free("get_diagnostics", "os-server-diagnostics", lock=False, role="admin", host=True),
}
