"""Twilio's side of a text's way: customers' texts and reports go to webhooks, signed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from msgspec.structs import replace

from cordboard.engine.carrier import Failure, Media, MediaContent
from cordboard.transports.simulator.carriage import Brought, Carriage
from cordboard.transports.simulator.codes import twilio_code
from cordboard.transports.simulator.faults import Report
from cordboard.transports.simulator.messages import CarriedText
from cordboard.transports.simulator.twilio import forms
from cordboard.transports.simulator.twilio.accounts import Account, Accounts
from cordboard.transports.simulator.twilio.caller import Patience, WebhookCaller
from cordboard.transports.simulator.twilio.media import MediaShelf
from cordboard.transports.simulator.webhooks import WebhookAnswer, Webhooks
from cordboard.transports.twilio.codes import failure

NAME = "twilio"


class TwilioWire:
    """Speaks Twilio's protocol to webhooks; see `carriage.Wire`.

    Attributes:
        accounts: The accounts.
        media: What customers attached.

    Args:
        accounts: See above.
        carriage: Carries the texts.
        webhooks: The connections.
        patience: How webhooks are called.
    """

    def __init__(self, accounts: Accounts, carriage: Carriage, webhooks: Webhooks, patience: Patience) -> None:
        self.accounts = accounts
        self.media = MediaShelf()
        self._carriage = carriage
        self._caller = WebhookCaller(webhooks)
        self._patience = patience

    async def text(
        self,
        sender: str,
        recipient: str,
        body: str,
        *,
        media: Sequence[Media],
        files: Sequence[MediaContent],
        api_url: str,
        sid: str,
    ) -> Brought:
        """Have a customer text a number; see `SimulatedCarrier.text`."""
        account = self.accounts.owner_of(recipient)
        text = CarriedText(
            sid=sid or new_sid(mms=bool(media or files)),
            wire=NAME,
            account=account.sid,
            sender=sender,
            recipient=recipient,
            body=body,
            direction="inbound",
            status="received",
            service=account.service_of(recipient),
        )
        kept = [self.media.put(text.sid, each) for each in files]
        hosted = [
            Media(url=f"{api_url}{forms.uri_of(text)}/Media/{each.sid}", content_type=each.content.content_type)
            for each in kept
        ]
        return await self._carriage.bring(
            replace(text, media=(*media, *hosted)), scope=opt_out_scope(account, recipient)
        )

    async def bring(self, text: CarriedText) -> WebhookAnswer:
        """Bring us a customer's text; the plain text that we may answer is texted to the customer, as Twilio does."""
        account = self._account_of(text)
        url = account.webhook_for(text.recipient)
        if not url:
            return WebhookAnswer(failure="rt", tries=0)

        answer = await self._caller.call(account, url, forms.inbound(text), self._patience)
        if answer.content_type == "text/plain" and answer.body:
            await self._carriage.reply(text, answer.body)

        return answer

    async def report(self, text: CarriedText) -> None:
        """Report a text's status, where somebody asked for it."""
        if text.callback:
            await self._caller.call(self._account_of(text), text.callback, forms.report(text), self._patience)

    def explain(self, report: Report) -> Failure:
        """Return a report's reason in Twilio's words."""
        return failure(str(twilio_code(report.code or 0)))

    def new_sid(self) -> str:
        """Return an id that no text ever had."""
        return new_sid(mms=False)

    def _account_of(self, text: CarriedText) -> Account:
        return self.accounts.get(text.account) or self.accounts.primary


def new_sid(*, mms: bool) -> str:
    """Return an id that no text ever had."""
    return ("MM" if mms else "SM") + uuid.uuid4().hex


def opt_out_scope(account: Account, number: str) -> str:
    """Return for what a customer opts out who texts STOP to a number: it, or its whole messaging service."""
    return account.service_of(number) or number
