"""A text of ours on its way out: what is written becomes what is sent, and it is known how many SMS that takes."""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.carrier import Media
from cordboard.engine.events import ReplyQueued
from cordboard.engine.records import Conversation
from cordboard.engine.segments import measure
from cordboard.engine.smart_encoding import smart_encode
from cordboard.engine.vocabulary import Keyword, MessageTrigger, Timestamp


def as_sent(decision: Decision, conversation: Conversation, body: str, media: tuple[Media, ...] = ()) -> str:
    """Return a text as its customer gets it. One with attachments goes as MMS, whose typography costs nothing."""
    if media or not decision.state.configured.channels[conversation.channel].smart_encoding:
        return body

    return smart_encode(body)


def queue(
    decision: Decision,
    conversation: Conversation,
    *,
    author: str,
    body: str,
    media: tuple[Media, ...] = (),
    expires_at: Timestamp,
    answers: Keyword | None = None,
    trigger: MessageTrigger | None = None,
) -> None:
    """Queue a text that is as it is sent. What goes as MMS has no segments that we could count."""
    decision.emit(
        ReplyQueued,
        conversation=conversation.id,
        message=decision.next_message(),
        author=author,
        body=body,
        media=media,
        segments=0 if media else measure(body).segments,
        expires_at=expires_at,
        answers=answers,
        trigger=trigger,
    )
