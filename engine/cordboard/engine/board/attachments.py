"""Attachments: what became of fetching customers', and whether ours can be sent."""

from __future__ import annotations

from cordboard.engine.attachment_kinds import problem_of_sending, problem_of_sending_so_many
from cordboard.engine.board.decision import Decision
from cordboard.engine.carrier import Media
from cordboard.engine.commands import RecordMedia
from cordboard.engine.config import Channel
from cordboard.engine.errors import CannotAttach, Flaw, InvalidMessage, NotFound, Thing
from cordboard.engine.events import MediaRecorded


def record_media(decision: Decision, command: RecordMedia) -> None:
    """Note that an attachment is kept, or never will be; once."""
    message = decision.state.message(command.message)
    if message is None or not 0 <= command.index < len(message.media):
        raise NotFound(f"there is no attachment {command.index} of message {command.message}", what=Thing.ATTACHMENT)

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


def require_sendable(channel: Channel, media: tuple[Media, ...]) -> None:
    """Return if a text on a channel may carry these attachments.

    Raises:
        InvalidMessage: It may not.
    """
    if media and not channel.mms:
        raise CannotAttach(
            f"channel {channel.name!r} carries no attachments; send the text without", flaw=Flaw.NOT_CARRIED
        )

    if problem := problem_of_sending_so_many(len(media)):
        raise InvalidMessage(problem)

    for each in media:
        if problem := problem_of_sending(each.content_type, each.size):
            raise InvalidMessage(problem)
