"""`Webhook`: tells a URL of alerts, from the queue in the store. The URL may hold a secret: it goes nowhere else.

A call keeps its id over every try. What was answered with 2xx is never sent again; a call whose answer was lost, or
whose console died, is: the receiver knows it by the id (`X-Osvm-Delivery`).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from osvm_tui.domain.alerts import AlertView
from osvm_tui.domain.errors import StoreError
from osvm_tui.store.alert_base import AlertStore, WebhookCall

_log = logging.getLogger("osvm.alerts")
_TIMEOUT_S = 10.0
_HOLD_S = 60.0
"""A call is another console's again when it was not settled for so long."""
_FIRST_S, _LONGEST_S = 10.0, 1800.0
_GIVEN_UP = timedelta(days=3)

Post = Callable[[bytes, str], int]
"""Sends a body with its id and returns the HTTP status; raises OSError. It blocks."""


def call_of(alert: AlertView, event: str, at: datetime) -> WebhookCall:
    """Return what is told of an alert: `event` is begun, ended, acknowledged or silenced. `text` is for chat rooms."""
    call_id = str(uuid4())
    text = f"{alert.severity.value}: {alert.vm_name}: {alert.words}" if event == "begun" else (
        f"{event}: {alert.vm_name}: {alert.words}"
    )  # fmt: skip
    body = {"id": call_id, "event": event, "at": at, "text": text, "alert": alert}
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
        """Tell what is due, one after the other; return how many were told. Raises StoreError."""
        told = 0
        for call in await store.claim_calls(self._now(), _HOLD_S):
            why = await self._try(call)
            self.trouble = f"webhook {masked(self._url)}: {why}" if why else ""
            if not why:
                told += 1
                await store.settle_call(call.id, None)
            elif self._now() - call.made_at > _GIVEN_UP:
                _log.error("webhook given up", extra={"delivery": call.id, "detail": why})
                await store.settle_call(call.id, None)
            else:
                wait = min(_LONGEST_S, _FIRST_S * 2.0 ** min(call.tries, 10)) * (0.75 + 0.5 * self._chance.random())
                await store.settle_call(call.id, self._now() + timedelta(seconds=wait))
        return told

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
