"""What `POST /sms` asks for."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

from msgspec import Meta, Struct, field

_SENDER = r"^(\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11})$"
"""A number, a short code, or an alphanumeric sender."""


class Recipient(Struct, frozen=True, kw_only=True):
    """One of those whom a message is for.

    Attributes:
        to: Their number.
        request_id: Names the message to them for ever: what is sent again under it is not sent again.
        first_sent: When it was first sent.
    """

    to: str
    request_id: str = field(name="repeatabilityRequestId", default="")
    first_sent: str = field(name="repeatabilityFirstSent", default="")

    @property
    def first_sent_at(self) -> datetime | None:
        """When it was first sent; None if that is no date."""
        try:
            return parsedate_to_datetime(self.first_sent)
        except ValueError:
            return None


class Options(Struct, frozen=True, kw_only=True):
    """What else is asked for.

    Attributes:
        reported: Whether a delivery report is.
        tag: What is said of the message in it.
    """

    reported: bool = field(name="enableDeliveryReport")
    tag: str | None = None


class Sending(Struct, frozen=True, kw_only=True):
    """One message, to many.

    Attributes:
        sender: The number of ours.
        recipients: Whom it is for.
        message: The text.
        options: What else is asked for.
    """

    sender: Annotated[str, Meta(pattern=_SENDER)] = field(name="from")
    recipients: Annotated[list[Recipient], Meta(min_length=1, max_length=100)] = field(name="smsRecipients")
    message: Annotated[str, Meta(min_length=1, max_length=2_048)]
    options: Options = field(name="smsSendOptions", default_factory=lambda: Options(reported=False))
