"""Customers' attachments: what became of fetching them."""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.commands import RecordMedia
from cordboard.engine.errors import InvalidMessage, NotFound
from cordboard.engine.events import MediaRecorded


def record_media(decision: Decision, command: RecordMedia) -> None:
    """Note that an attachment is kept, or never will be; once."""
    message = decision.state.message(command.message)
    if message is None or not 0 <= command.index < len(message.media):
        raise NotFound(f"there is no attachment {command.index} of message {command.message}")

    if command.media.pending:
        raise InvalidMessage("an attachment that is recorded is kept under a key, or has a problem")

    if message.media[command.index].pending:
        decision.emit(
            MediaRecorded,
            message=message.id,
            conversation=message.conversation,
            index=command.index,
            media=command.media,
        )
