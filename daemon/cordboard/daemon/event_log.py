"""What the operator reads in the log of what happens on the board: each text that comes, and how the channels are."""

from __future__ import annotations

from typing import Final

import structlog

from cordboard.daemon.logs import masked
from cordboard.engine.events import (
    ChannelNoticed,
    ChannelResumed,
    ChannelStopped,
    Event,
    MessageReceived,
    TextUnroutable,
    WebhookKept,
)

log = structlog.get_logger(__name__)

_TO_DO: Final = (
    "Look at the account at the carrier (its balance, whether it is suspended) and at the channel's credentials. "
    "Texts wait; they go by themselves once the carrier takes them again."
)


def log_event(event: Event) -> None:
    """Log a committed event, if an operator should read of it."""
    match event:
        case MessageReceived() | TextUnroutable():
            log.info(
                "text_received",
                channel=event.channel,
                number=masked(event.number),
                customer=masked(event.customer),
                message=event.message,
                conversation=event.conversation if isinstance(event, MessageReceived) else None,
            )
        case WebhookKept(channel=channel, reason=reason):
            log.warning("webhook_kept", channel=channel, reason=reason)
        case ChannelStopped(channel=channel, failure=failure):
            log.error("channel_stopped", channel=channel, code=failure.code, reason=failure.text, to_do=_TO_DO)
        case ChannelResumed(channel=channel):
            log.info("channel_resumed", channel=channel)
        case ChannelNoticed(channel=channel, code=code, text=text):
            log.warning("channel_noticed", channel=channel, code=code, reason=text)
        case _:
            pass
