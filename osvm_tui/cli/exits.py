"""Exit codes, and the one place where an error becomes a sentence on stderr. Knows no command."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

from osvm_tui.domain.errors import Ambiguous, AnswerLost, CloudError, OsvmError, Refused, Unreachable
from osvm_tui.domain.operations import ItemState, OperationItem


class Exit(IntEnum):
    """What the process tells its caller; scripts rely on these numbers."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    AMBIGUOUS = 5
    LATE = 6
    UNCONFIRMED = 7


_BY_STATE = {
    ItemState.ARRIVED: Exit.DONE,
    ItemState.SENT: Exit.LATE,
    ItemState.LATE: Exit.LATE,
    ItemState.UNCONFIRMED: Exit.UNCONFIRMED,
    ItemState.PLANNED: Exit.UNCONFIRMED,
    ItemState.SENDING: Exit.UNCONFIRMED,
    ItemState.REFUSED: Exit.REFUSED,
}
_WORST_FIRST = (Exit.FAILED, Exit.UNCONFIRMED, Exit.REFUSED, Exit.LATE, Exit.DONE)


def exit_of_error(error: OsvmError) -> Exit:
    """Return the exit code of an error that ends a command."""
    if isinstance(error, Refused):
        return Exit.REFUSED
    if isinstance(error, Ambiguous):
        return Exit.AMBIGUOUS
    if isinstance(error, AnswerLost):
        return Exit.UNCONFIRMED
    return Exit.UNREACHABLE if isinstance(error, Unreachable) else Exit.FAILED


def exit_of_items(items: Iterable[OperationItem]) -> Exit:
    """Return the exit code of an operation when waiting for it has ended: that of its worst item."""
    return worst(_BY_STATE.get(item.state, Exit.FAILED) for item in items)


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the exit code of several endings: that of the worst."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), Exit.DONE)


def tell(error: OsvmError) -> Exit:
    """Print an error's sentence and hint on stderr and return its exit code."""
    entry = error.entry if isinstance(error, CloudError) else ""
    where = f"{entry}: " if entry and entry not in error.detail else ""
    print(f"osvm: {where}{error.detail}", file=sys.stderr)
    if isinstance(error, Ambiguous):
        for candidate in error.candidates:
            print(f"  {candidate}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return exit_of_error(error)


def tell_defect(error: BaseException, log_file: Path) -> Exit:
    """Print one sentence about a defect of ours; the traceback goes to the log file, which must have been opened."""
    logging.getLogger("osvm.cli").error("defect", exc_info=error)
    print(f"osvm: internal error ({type(error).__name__}): this is a defect of osvm", file=sys.stderr)
    print(f"hint: the details are in {log_file}", file=sys.stderr)
    return Exit.FAILED
