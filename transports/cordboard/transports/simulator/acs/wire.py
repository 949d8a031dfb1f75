"""ACS's side of a text's way: customers' texts and reports become events of Event Grid."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from cordboard.engine.carrier import Failure
from cordboard.transports.simulator.acs import events
from cordboard.transports.simulator.acs.event_grid import EventGrid
from cordboard.transports.simulator.acs.resource import Resource
from cordboard.transports.simulator.carriage import Brought, Carriage
from cordboard.transports.simulator.codes import DETAILS, acs_code
from cordboard.transports.simulator.faults import Report
from cordboard.transports.simulator.messages import CarriedText
from cordboard.transports.simulator.webhooks import WebhookAnswer

NAME = "acs"

FINAL = frozenset({"delivered", "undelivered", "failed"})
"""What ACS reports of how far a text has come."""


class AcsWire:
    """Brings events; see `carriage.Wire`.

    Args:
        resource: Whose texts.
        carriage: Carries them.
        grid: Brings the events; None where nobody has subscribed.
    """

    def __init__(self, resource: Resource, carriage: Carriage, grid: EventGrid | None) -> None:
        self.resource = resource
        self.grid = grid
        self._carriage = carriage

    async def text(self, sender: str, recipient: str, body: str, *, sid: str) -> Brought:
        """Have a customer text a number; see `SimulatedCarrier.text`."""
        text = CarriedText(
            sid=sid or new_id("Incoming"),
            wire=NAME,
            account=self.resource.name,
            sender=sender,
            recipient=recipient,
            body=body,
            direction="inbound",
            status="received",
        )
        return await self._carriage.bring(text, scope=recipient)

    async def bring(self, text: CarriedText) -> WebhookAnswer:
        """Bring us the event of a customer's text."""
        return await self._bring(events.received, text)

    async def report(self, text: CarriedText) -> None:
        """Bring us the event of a delivery report, where it was asked for."""
        if text.reported and text.status in FINAL:
            await self._bring(events.reported, text)

    def explain(self, report: Report) -> Failure:
        """Return a report's reason in ACS's words."""
        code = acs_code(report.code)
        return Failure(code=str(code), text=DETAILS[code])

    def new_sid(self) -> str:
        """Return an id that no text of ours ever had."""
        return new_id("Outgoing")

    async def _bring(self, event: Any, text: CarriedText) -> WebhookAnswer:
        if self.grid is None:
            return WebhookAnswer(failure="rt", tries=0)

        asked = self.grid.subscription
        return await self.grid.bring(event(self.resource, text, asked.schema, asked.spelling))


def new_id(direction: str) -> str:
    """Return an id as Azure makes them."""
    return f"{direction}_{datetime.now(UTC):%Y%m%d%H%M%S}_{uuid.uuid4()}"
