"""The route that a VM is walked along for the comparison: each verb once, from a state in which it is legal."""

from __future__ import annotations

from msgspec import Struct


class Leg(Struct, frozen=True):
    """One verb on the route."""

    verb: str
    actor: str = "member"
    only_leads: bool = False
    """Whether it is only the way to the next one."""
    leaves: str = ""
    """The task in which it is left, for a next verb that needs a busy VM."""
    given: dict[str, object] = {}
    """Parameters beside the usual ones."""


ROUTE: tuple[Leg, ...] = (
    Leg("console-output"),
    Leg("remote-console"),
    Leg("diagnostics", "admin"),
    Leg("update-server"),
    Leg("set-metadata"),
    Leg("delete-metadata"),
    Leg("set-tags"),
    Leg("delete-tags"),
    Leg("lock"),
    Leg("unlock"),
    Leg("add-security-group"),
    Leg("remove-security-group"),
    Leg("add-floating-ip"),
    Leg("remove-floating-ip"),
    Leg("attach-volume"),
    Leg("update-volume-attachment"),
    Leg("detach-volume"),
    Leg("attach-interface"),
    Leg("detach-interface"),
    Leg("change-password"),
    Leg("trigger-crash-dump"),
    Leg("inject-network-info", "admin"),
    Leg("create-image"),
    Leg("create-backup"),
    Leg("reboot-soft"),
    Leg("reboot-hard"),
    Leg("pause"),
    Leg("unpause"),
    Leg("suspend"),
    Leg("resume"),
    Leg("stop"),
    Leg("start"),
    Leg("rescue"),
    Leg("unrescue"),
    Leg("rebuild"),
    Leg("resize"),
    Leg("confirm-resize"),
    Leg("migrate", "admin"),
    Leg("revert-resize"),
    Leg("live-migrate", "admin"),
    Leg("live-migrate", "admin", only_leads=True, leaves="migrating"),
    Leg("live-migrate-abort", "admin"),
    Leg("live-migrate", "admin", only_leads=True, leaves="migrating"),
    Leg("live-migrate-force-complete", "admin"),
    Leg("shelve"),
    Leg("unshelve"),
    Leg("reset-state", "admin", given={"state": "error"}),
    Leg("reset-state", "admin", only_leads=True),
)
