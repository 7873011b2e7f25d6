"""How the state of an operation's item looks. Pure; draws nothing."""

from __future__ import annotations

from osvm_tui.domain.operations import ItemState
from osvm_tui.ui.format import Token

TOKENS = {
    ItemState.PLANNED: Token.CHANGING,
    ItemState.SENDING: Token.CHANGING,
    ItemState.SENT: Token.CHANGING,
    ItemState.LATE: Token.STALE,
    ItemState.UNCONFIRMED: Token.STALE,
    ItemState.ARRIVED: Token.RUNNING,
    ItemState.FAILED: Token.WRONG,
    ItemState.GONE: Token.WRONG,
    ItemState.REFUSED: Token.WRONG,
    ItemState.CANCELLED: Token.STOPPED,
}
