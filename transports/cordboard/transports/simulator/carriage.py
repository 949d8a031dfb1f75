"""The way of a text through the carrier, in both directions, whichever protocol we speak with it."""

from __future__ import annotations

from typing import Final, Protocol

import anyio
from anyio.abc import TaskGroup
from msgspec import Struct
from msgspec.structs import replace

from cordboard.engine.carrier import Failure
from cordboard.transports.simulator.faults import Report, Treatment
from cordboard.transports.simulator.limits import Limits, Queues
from cordboard.transports.simulator.messages import CarriedText, CarriedTexts
from cordboard.transports.simulator.opt_outs import OptOuts
from cordboard.transports.simulator.phones import Phones, PhoneText, TextState
from cordboard.transports.simulator.script import Script
from cordboard.transports.simulator.webhooks import WebhookAnswer

EXPIRED: Final = 30036
"""Twilio's code for a text that waited for longer than its ValidityPeriod."""

_FAR: Final = {"delivered": TextState.DELIVERED, "undelivered": TextState.FAILED, "failed": TextState.FAILED}

_NOBODY: Final = WebhookAnswer(failure="rt", tries=0)


class Brought(Struct, frozen=True, kw_only=True):
    """What became of a customer's text.

    Attributes:
        sid: The text's id.
        status: What the webhook answered in the end: an HTTP status, or 0 when nobody answered.
        tries: How often the webhook was called.
    """

    sid: str
    status: int
    tries: int


class Wire(Protocol):
    """A protocol that the carrier speaks with us."""

    async def bring(self, text: CarriedText) -> WebhookAnswer:
        """Bring us a customer's text; return what we answered in the end."""

    async def report(self, text: CarriedText) -> None:
        """Tell us how far a text of ours has come; return when we have heard it, or nobody will."""

    def explain(self, report: Report) -> Failure:
        """Return a report's reason in this carrier's words."""

    def new_sid(self) -> str:
        """Return an id that no text of the carrier's own ever had."""


class Carriage:
    """Carries texts.

    Attributes:
        wires: The protocols, by the names that texts bear.
        texts: The texts it has carried.
        phones: What the customers see.
        script: What goes wrong, and for whom.
        opt_outs: Who has opted out.
        queues: What waits to be sent.
        limits: How fast it sends.

    Args:
        phones: See above.
        script: See above.
        opt_outs: See above.
        limits: See above.
    """

    def __init__(self, *, phones: Phones, script: Script, opt_outs: OptOuts, limits: Limits) -> None:
        self.wires: dict[str, Wire] = {}
        self.texts = CarriedTexts()
        self.phones = phones
        self.script = script
        self.opt_outs = opt_outs
        self.limits = limits
        self.queues = Queues(limits)
        self.tasks: TaskGroup | None = None

    def take(self, text: CarriedText) -> CarriedText:
        """Take a text of ours: remember it, and put it into its number's queue."""
        return self.texts.add(replace(text, waits=self.queues.join(text.sender, text.segments)))

    def later(self, text: CarriedText, treatment: Treatment) -> None:
        """Begin a `deliver` that goes on by itself."""
        assert self.tasks is not None, "texts are taken while the carrier is alive"  # noqa: S101 - states an invariant
        self.tasks.start_soon(self.deliver, text, treatment)

    async def deliver(self, text: CarriedText, treatment: Treatment) -> None:
        """Bring a text of ours to the customer's phone, and report on it as a treatment says."""
        reports = treatment.reports
        if text.status == "accepted":  # a messaging service has chosen the sender meanwhile
            await self._report(self.texts.move(text, "queued"), treatment)

        expires = text.validity is not None and text.waits > text.validity
        if text.waits:
            await anyio.sleep(text.validity if expires and text.validity else text.waits)

        shown = TextState.RECEIVED
        await self.show(text, shown)
        if expires:
            reports = (Report(status="failed", code=EXPIRED),)
        else:
            self.texts.move(text, "sent")

        for report in reports:
            if report.after:
                await anyio.sleep(report.after)

            why = self.wires[text.wire].explain(report) if report.code is not None else None
            moved = self.texts.move(text, report.status, int(why.code) if why else None)
            if shown is TextState.RECEIVED and report.status in _FAR:
                shown = _FAR[report.status]
                unexplained = Failure(code=report.status, text="The carrier does not say why.")
                await self.show(text, shown, (why or unexplained) if shown is TextState.FAILED else None)

            await self._report(moved, treatment)

    async def bring(self, text: CarriedText, *, scope: str) -> Brought:
        """Bring a customer's text to us, and return what became of it.

        Args:
            text: The text.
            scope: The number of ours or the group of numbers for which the customer can opt out.
        """
        wire = self.wires[text.wire]
        heard = self.opt_outs.hear(text.sender, text.recipient, scope, text.body)
        if heard is not None and heard.mark:
            text = replace(text, keyword=heard.keyword.value.upper())

        text = self.texts.add(text)
        treatment = self.script.take_from(text.sender, text.body)
        await self.show(text, TextState.SENDING)
        answer = _NOBODY
        try:
            await anyio.sleep(treatment.pause)
            for _ in range(treatment.copies):
                answer = await wire.bring(text)
        finally:
            with anyio.CancelScope(shield=True):  # a phone must not show a text as on its way for ever
                await self._show_as_brought(text, answer, lost=not treatment.copies)

        if heard is not None:
            await self.reply(text, heard.reply)

        return Brought(sid=text.sid, status=answer.status, tries=answer.tries)

    async def reply(self, text: CarriedText, body: str) -> None:
        """Have the carrier itself answer a customer's text."""
        answer = CarriedText(
            sid=self.wires[text.wire].new_sid(),
            wire=text.wire,
            account=text.account,
            sender=text.recipient,
            recipient=text.sender,
            body=body,
            direction="outbound-reply",
            status="delivered",
        )
        await self.show(self.texts.add(answer), TextState.DELIVERED)

    async def show(self, text: CarriedText, state: TextState, why: Failure | None = None) -> None:
        """Show a text on the customer's phone."""
        await self.phones.show(
            PhoneText(
                sid=text.sid,
                customer=text.customer,
                number=text.number,
                from_customer=text.inbound,
                body=text.body,
                media=text.media,
                at=round(text.taken_at.timestamp() * 1000),
                state=state,
                failure=why,
            )
        )

    async def _report(self, text: CarriedText, treatment: Treatment) -> None:
        for _ in range(treatment.copies):
            await self.wires[text.wire].report(text)

    async def _show_as_brought(self, text: CarriedText, answer: WebhookAnswer, *, lost: bool) -> None:
        if 200 <= answer.status < 300:
            await self.show(text, TextState.DELIVERED)
            return

        if lost:
            why = Failure(code="lost", text="The carrier lost it, as its script says.")
        elif answer.tries == 0:
            why = Failure(code="unrouted", text="Nobody was asked to take the text.")
        else:
            what = f"answered with HTTP status {answer.status}" if answer.status else "did not answer"
            why = Failure(code="11200", text=f"The webhook for the text {what}.")

        await self.show(text, TextState.FAILED, why)
