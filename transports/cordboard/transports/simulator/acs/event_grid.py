"""Event Grid: shakes hands with a webhook, and brings it events until it takes them.

https://learn.microsoft.com/en-us/azure/event-grid/delivery-and-retry and
https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final

import anyio
import structlog
from anyio.abc import TaskGroup
from msgspec.structs import replace

from cordboard.transports.simulator.acs import events
from cordboard.transports.simulator.acs.resource import Resource, Schema, Spelling, Subscription
from cordboard.transports.simulator.webhooks import WebhookAnswer, Webhooks

log = structlog.get_logger(__name__)

_PAUSES: Final = (10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600)
_LAST_PAUSE: Final = 43_200
"""Seconds before an event is brought again; the last over and over."""

_DAY: Final = 86_400
"""How long an event is tried, in seconds."""

_MOST_TRIES: Final = 30

_LEAST_PAUSES: Final = {408: 120, 503: 30}
"""Seconds that Event Grid waits at least after an answer; 10 after any other."""

_TAKEN: Final = range(200, 205)
_NEVER_AGAIN: Final = frozenset({400, 401, 403, 413})
"""Answers after which an event is dropped at once."""

_ANSWER_SECONDS: Final = 30.0

_LINGER: Final = 0.02
"""Seconds that an event waits for others to share its call."""

_ORIGIN: Final = "eventgrid.azure.net"


@dataclass(kw_only=True, eq=False)
class _Waiting:
    """An event that waits for others."""

    event: dict[str, Any]
    answer: WebhookAnswer = field(default_factory=WebhookAnswer)
    done: anyio.Event = field(default_factory=anyio.Event)


class EventGrid:
    """Brings one subscription its events.

    Attributes:
        subscription: The subscription.
        agreed: Set once the webhook has agreed to get events; until then they wait.
        refused: Set once the webhook does not agree: events are dropped, until somebody agrees by hand.

    Args:
        resource: Whose events.
        subscription: See above.
        webhooks: The connections.
        validation_url: Where a webhook that cannot answer with the code can be agreed to by hand: the code follows it.
    """

    def __init__(self, resource: Resource, subscription: Subscription, webhooks: Webhooks, validation_url: str) -> None:
        self.subscription = subscription
        self.agreed = anyio.Event()
        self.refused = anyio.Event()
        self._resource = resource
        self._webhooks = webhooks
        self._validation_url = validation_url
        self._code = events.new_name()
        self._waiting: list[_Waiting] = []
        self._news = anyio.Event()

    async def run(self) -> None:
        """Shake hands, then bring batches for ever. While nobody answers the webhook, it is asked again.

        A webhook that does not agree may still be agreed to by hand.
        """
        for pause in _pauses():
            answer = await self._shake_hands()
            if self.agreed.is_set():
                break

            if answer.status not in (0, 503):
                log.warning("subscription_refused", subscription=self.subscription.name, status=answer.status)
                self.refused.set()
                await self.agreed.wait()
                break

            await anyio.sleep(pause / self.subscription.hurry)

        async with anyio.create_task_group() as tasks:
            await self._bring_batches(tasks)

    def agree(self, code: str) -> bool:
        """Agree by hand; return whether the code is right."""
        if code == self._code:
            self.agreed.set()

        return code == self._code

    async def bring(self, event: dict[str, Any]) -> WebhookAnswer:
        """Bring an event, until it is taken or given up. Return the webhook's last answer."""
        if not await self._is_agreed():
            return WebhookAnswer(failure="rt", tries=0)

        if self.subscription.batch == 1:
            return await self._insist([event])

        waiting = _Waiting(event=event)
        self._waiting.append(waiting)
        self._news.set()
        await waiting.done.wait()
        return waiting.answer

    async def delete(self) -> WebhookAnswer:
        """Tell the webhook that the subscription is gone."""
        data = {"eventSubscriptionId": f"{self._resource.topic}/eventSubscriptions/{self.subscription.name}"}
        return await self._post([self._event(events.DELETION, data)], "SubscriptionDeletion", tries=0)

    async def _is_agreed(self) -> bool:
        async with anyio.create_task_group() as tasks:

            async def wait_for(what: anyio.Event) -> None:
                await what.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(wait_for, self.agreed)
            tasks.start_soon(wait_for, self.refused)

        return self.agreed.is_set()

    async def _shake_hands(self) -> WebhookAnswer:
        if self.subscription.schema is Schema.CLOUD_EVENTS:
            answer = await self._call("OPTIONS", {"WebHook-Request-Origin": _ORIGIN, "WebHook-Request-Rate": "120"})
            if answer.headers.get("webhook-allowed-origin") in (_ORIGIN, "*"):
                self.agreed.set()

            return answer

        data = {"validationCode": self._code, "validationUrl": f"{self._validation_url}{self._code}"}
        answer = await self._post([self._event(events.VALIDATION, data)], "SubscriptionValidation", tries=0)
        if answer.status == 200 and _says(answer.body, self._code):  # 202 is refused
            self.agreed.set()

        return answer

    async def _bring_batches(self, tasks: TaskGroup) -> None:
        async def bring(batch: Sequence[_Waiting]) -> None:
            answer = await self._insist([each.event for each in batch])
            for each in batch:
                each.answer = answer
                each.done.set()

        while True:
            await self._news.wait()
            await anyio.sleep(_LINGER)
            size = self.subscription.batch
            batch, self._waiting = self._waiting[:size], self._waiting[size:]
            tasks.start_soon(bring, batch)
            if not self._waiting:
                self._news = anyio.Event()

    async def _insist(self, batch: Sequence[dict[str, Any]]) -> WebhookAnswer:
        """Bring events in one call until they are taken together, or given up."""
        answer = WebhookAnswer()
        waited = 0.0
        for tries, pause in enumerate(_pauses(), start=1):
            answer = replace(await self._post(batch, "Notification", tries=tries - 1), tries=tries)
            pause = max(pause, _LEAST_PAUSES.get(answer.status, 10))
            waited += pause
            if answer.status in _TAKEN or answer.status in _NEVER_AGAIN or tries == _MOST_TRIES or waited > _DAY:
                break

            await anyio.sleep(pause / self.subscription.hurry)
            if self._webhooks.closed:  # the carrier has stopped meanwhile
                break

        if answer.status not in _TAKEN:
            log.info("events_dropped", status=answer.status, tries=answer.tries, events=len(batch))

        return answer

    async def _post(self, batch: Sequence[dict[str, Any]], kind: str, *, tries: int) -> WebhookAnswer:
        headers = {
            "aeg-event-type": kind,
            "aeg-subscription-name": self.subscription.name.upper(),
            "aeg-delivery-count": str(tries),
        }
        if self.subscription.schema is Schema.EVENT_GRID or kind == "SubscriptionDeletion":
            headers |= {"aeg-data-version": "1.0", "aeg-metadata-version": "1"}
            headers["Content-Type"] = "application/json; charset=utf-8"
            return await self._call("POST", headers, json.dumps(list(batch)).encode())

        headers["Origin"] = _ORIGIN
        if self.subscription.batch > 1:
            headers["Content-Type"] = "application/cloudevents-batch+json; charset=utf-8"
            return await self._call("POST", headers, json.dumps(list(batch)).encode())

        headers["Content-Type"] = "application/cloudevents+json; charset=utf-8"
        return await self._call("POST", headers, json.dumps(batch[0]).encode())

    async def _call(self, method: str, headers: dict[str, str], body: bytes = b"") -> WebhookAnswer:
        return await self._webhooks.call(
            method,
            self.subscription.url,
            headers={**headers, **self.subscription.headers},
            body=body,
            connect=_ANSWER_SECONDS,
            read=_ANSWER_SECONDS,
        )

    def _event(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        return events.event(self._resource, kind, events.new_name(), "", data, Schema.EVENT_GRID, Spelling())


def _pauses() -> Iterator[float]:
    yield from _PAUSES
    yield from repeat(_LAST_PAUSE)


def _says(body: str, code: str) -> bool:
    try:
        return bool(json.loads(body)["validationResponse"] == code)
    except (ValueError, KeyError, TypeError):
        return False
