"""`Webhook`: tells a URL of alerts, from the queue in the store. The URL may hold a secret: it goes nowhere else.

A call keeps its id over every try. What was answered with 2xx is never sent again; a call whose answer was lost, or
whose console died, is: the receiver knows it by the id (`X-Osvm-Delivery`).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from osvm_tui.domain.alerts import AlertEvent, AlertSeverity, AlertStep, AlertView, sentence
from osvm_tui.domain.errors import StoreError
from osvm_tui.store.alert_base import AlertStore, WebhookCall

_log = logging.getLogger("osvm.alerts")
_TIMEOUT_S = 10.0
_CLAIMED = 4
_HOLD_S = 90.0
"""A call is another console's again when it was not settled for so long: longer than all that are claimed take."""
_PATIENCE = 3
"""So many failures in a row are the receiver's, not the calls'."""
_TOGETHER = 200
"""Alerts in one call at most."""
_FIRST_S, _LONGEST_S = 10.0, 1800.0
_GIVEN_UP = timedelta(days=3)

Post = Callable[[bytes, str], int]
"""Sends a body with its id and returns the HTTP status; raises OSError. It blocks."""


def calls_of(steps: Sequence[AlertStep], at: datetime) -> list[WebhookCall]:
    """Return what is told of all that happened at one time: a call for what is critical, one for the rest, one for
    the ends; more only where a call would grow too long. `text` is for chat rooms.
    """
    groups: dict[tuple[bool, bool, AlertEvent], list[AlertView]] = {}
    for step in steps:
        ended = step.event is AlertEvent.ENDED
        critical = step.alert.severity is AlertSeverity.CRITICAL and not ended
        groups.setdefault((ended, not critical, step.event), []).append(step.alert)
    made = [(key[2], group[n : n + _TOGETHER]) for key, group in sorted(groups.items())
            for n in range(0, len(group), _TOGETHER)]  # fmt: skip
    # The order in which they are told is that of their times, and all are due now.
    begin = at - timedelta(microseconds=len(made) - 1)
    return [_call(event, alerts, begin + timedelta(microseconds=n)) for n, (event, alerts) in enumerate(made)]


def _call(event: AlertEvent, alerts: list[AlertView], at: datetime) -> WebhookCall:
    call_id = str(uuid4())
    head = event.value if event is AlertEvent.ENDED else alerts[0].severity.value
    body = {"id": call_id, "event": event, "at": at, "text": f"{head}: {sentence(alerts)}", "alerts": alerts}
    if len(alerts) == 1:
        body["alert"] = alerts[0]
    return WebhookCall(call_id, msgspec.json.encode(body), at)


def masked(url: str) -> str:
    """Return where a URL leads without what may be a secret in it: user, path and query."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname or '?'}{f':{parts.port}' if parts.port else ''}/..."
    except ValueError:
        return "the webhook"


class Webhook:
    """The telling of one console. `post` is for tests; by default HTTP to `url`, without following redirects."""

    def __init__(self, url: str, now: Callable[[], datetime], post: Post | None = None) -> None:
        self._url, self._now, self._post = url, now, post or self._send
        self._chance = random.Random()
        self.trouble = ""
        """Why the last call failed, empty when it did not."""

    async def work(self, store: AlertStore) -> int:
        """Tell until nothing is due, one after the other; return how many were told. Raises StoreError.

        Ends before that when call after call fails: the receiver is down, and what is due stays so.
        """
        told = failed = 0
        while failed < _PATIENCE:
            claimed_at = self._now()
            calls = await store.claim_calls(claimed_at, _HOLD_S, _CLAIMED)
            for call in calls:
                if failed >= _PATIENCE or (self._now() - claimed_at).total_seconds() > _HOLD_S - 2 * _TIMEOUT_S:
                    break  # soon others may tell what was claimed
                done = await self._tell(store, call)
                told, failed = told + done, 0 if done else failed + 1
            if not calls:
                break
        return told

    async def _tell(self, store: AlertStore, call: WebhookCall) -> bool:
        why = await self._try(call)
        self.trouble = f"webhook {masked(self._url)}: {why}" if why else ""
        if not why:
            await store.settle_call(call.id, None)
        elif self._now() - call.made_at > _GIVEN_UP:
            _log.error("webhook given up", extra={"delivery": call.id, "detail": why})
            await store.settle_call(call.id, None)
        else:
            wait = min(_LONGEST_S, _FIRST_S * 2.0 ** min(call.tries, 10)) * (0.75 + 0.5 * self._chance.random())
            await store.settle_call(call.id, self._now() + timedelta(seconds=wait))
        return not why

    async def _try(self, call: WebhookCall) -> str:
        try:
            status = await asyncio.to_thread(self._post, call.body, call.id)
        except OSError as error:
            # An error of urllib may repeat the URL.
            reason = getattr(error, "reason", None)
            return str(getattr(reason, "strerror", "") or error.strerror or type(error).__name__)
        except ValueError:
            return "its URL is not one of http or https"
        return "" if 200 <= status < 300 else f"answered {status}"

    def _send(self, body: bytes, call_id: str) -> int:
        from http.client import HTTPException, InvalidURL
        from urllib.error import HTTPError
        from urllib.request import HTTPRedirectHandler, Request, build_opener

        class Stay(HTTPRedirectHandler):
            def redirect_request(self, *_: object) -> None:
                return None

        if not self._url.startswith(("http://", "https://")):
            raise ValueError
        headers = {"Content-Type": "application/json", "X-Osvm-Delivery": call_id, "User-Agent": "osvm-tui"}
        request = Request(self._url, data=body, headers=headers, method="POST")
        try:
            with build_opener(Stay).open(request, timeout=_TIMEOUT_S) as answer:
                return int(answer.status)
        except HTTPError as error:
            with error:
                return error.code
        except InvalidURL:
            raise ValueError from None
        except HTTPException as error:
            raise ConnectionError(type(error).__name__) from None


async def keep_telling(webhook: Webhook, store: Callable[[], AlertStore | None], every_s: float) -> None:
    """Tell what is due again and again; until cancelled."""
    while True:
        found = store()
        try:
            if found is not None:
                await webhook.work(found)
        except StoreError as error:
            _log.info("webhook waits for the store", extra={"detail": error.detail})
        await asyncio.sleep(every_s)
