"""Replays Nova's action log: which state and which of its flavors a VM had when; pure, knows nothing of what was seen.

Rules from Nova: an action with a message failed; it left the VM as it was, or in error, or an admin has put the state
right since, which no log tells. `resize` gives another flavor, `migrate` none, `revertResize` takes back whichever of
both came last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from osvm_tui.domain.catalog import InstanceAction

UNKNOWN = "unknown"
"""The vm_state of a stretch of which nobody knows it."""
GONE = "deleted"
SLACK = timedelta(seconds=10)
"""Nova writes the end of an action a moment after the state that it led to."""
_STATES = {
    "start": "active", "stop": "stopped", "pause": "paused", "unpause": "active", "suspend": "suspended",
    "resume": "active", "shelve": "shelved", "shelveOffload": "shelved_offloaded", "unshelve": "active",
    "rescue": "rescued", "unrescue": "active", "resize": "resized", "migrate": "resized", "confirmResize": "active",
    "revertResize": "active", "softDelete": "soft-delete", "restore": "active", "delete": GONE, "forceDelete": GONE,
    "create": "active", "reboot": "active", "rebuild": "", "live-migration": "", "evacuate": "",
}  # fmt: skip
"""The vm_state in which an action of Nova's log leaves a VM, empty for the one that it was in. Actions that are not
here leave it as it was, even when they fail."""
_RELAUNCH = ("resize", "migrate", "revertResize", "rebuild", "unshelve", "rescue")
"""After these Nova writes the launch time anew."""
RESIZES = ("resize", "revertResize")


class Step(Struct, frozen=True):
    """One state from `since` to `until`; `flavor` numbers the flavors of a replay, 0 is that at its beginning."""

    vm_state: str
    flavor: int
    since: datetime
    until: datetime


def replay(
    actions: Sequence[InstanceAction], state: str, since: datetime, until: datetime, slack: timedelta
) -> list[Step]:
    """Return what the log tells from `since` to `until`, of a VM that was in `state` at `since`.

    An action that was under way at `until` and ended within `slack` counts as ended then.
    """
    found: list[Step] = []
    flavor, newest, at = 0, 0, since
    reverts_to: list[int] = []
    for action in within(actions, since, until, slack):
        moment = min(moment_of(action), until)
        found.append(Step(state, flavor, at, moment))
        at, state = moment, _left_in(action, state)
        if action.message:
            if action.action in RESIZES:
                flavor = newest = newest + 1
            continue
        if action.action in ("resize", "migrate"):
            reverts_to.append(flavor)
        elif action.action == "confirmResize":
            reverts_to.clear()
        if action.action == "revertResize" and reverts_to:
            flavor = reverts_to.pop()
        elif action.action in RESIZES:
            # What is reverted here was resized before: to which flavor it goes back, the log does not say.
            flavor = newest = newest + 1
    found.append(Step(state, flavor, at, until))
    return found


def _left_in(action: InstanceAction, state: str) -> str:
    if action.message:
        return UNKNOWN
    if action.action == "rebuild" and state in ("error", UNKNOWN):
        return UNKNOWN
    return _STATES[action.action] or state


def within(
    actions: Sequence[InstanceAction], since: datetime, until: datetime, slack: timedelta
) -> list[InstanceAction]:
    """Return the actions that ended in a stretch, well or badly, oldest first."""
    found = [one for one in actions if one.action in _STATES and one.started_at is not None]
    return sorted((one for one in found if _in(one, since, until, slack)), key=moment_of)


def _in(action: InstanceAction, since: datetime, until: datetime, slack: timedelta) -> bool:
    moment, started = moment_of(action), action.started_at or since
    return since < moment and (moment <= until or (started <= until and moment <= until + slack))


def moment_of(action: InstanceAction) -> datetime:
    """Return when an action ended, as far as the log tells."""
    moment = action.updated_at or action.started_at
    assert moment is not None
    return moment


def launches(actions: Sequence[InstanceAction], *, first: bool) -> list[datetime]:
    """Return when the log says that a VM was launched; with `first` its creation is one, too."""
    names = (*_RELAUNCH, "create") if first else _RELAUNCH
    return [moment_of(one) for one in actions if one.action in names and one.started_at and not one.message]
