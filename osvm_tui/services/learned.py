"""`Learned`: verbs that a cloud's policy refused to this token, so that the gate says so in this session. No I/O.

Policies are the cloud's own and cannot be read: the console starts from Nova's defaults and learns what differs.
"""

from __future__ import annotations

import re

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.errors import Forbidden, OsvmError, QuotaExceeded
from osvm_tui.domain.gating import Refusal, Verdict

_NARROW = re.compile(r"(:host|_to_host|_override)\b")
"""Policies of one way to ask (to a host of one's choice) or of one VM (an admin's lock), not of the verb."""


class Learned:
    """Refusals by entry, scope and verb: another entry has another role, another project may have another, too."""

    def __init__(self) -> None:
        self._refused: set[tuple[str, str, str]] = set()

    def note(self, entry: str, scope_key: str, action_id: str, error: OsvmError) -> None:
        """Keep that the cloud's policy refused a verb, if that is what `error` says.

        Only a policy speaks for every VM: a 403 may also come of a used-up quota or of another's network.
        """
        by_policy = "policy" in error.detail.lower() and not _NARROW.search(error.detail)
        if isinstance(error, Forbidden) and not isinstance(error, QuotaExceeded) and by_policy:
            self._refused.add((entry, scope_key, action_id))

    def refusal(self, entry: str, scope_key: str, spec: ActionSpec) -> Verdict | None:
        """Return what the gate says of a verb that this cloud has refused, None for any other."""
        if (entry, scope_key, spec.id) not in self._refused:
            return None
        reason = f"the cloud refused {spec.label.lower()} to this role (403); it is not asked again in this session"
        return Verdict(False, reason, Refusal.CLOUD_ROLE)
