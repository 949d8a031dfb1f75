"""What differs from the store: collected for the next commit."""

from __future__ import annotations

from cordboard.engine.records import Consent, Conversation, Message
from cordboard.engine.states import ChannelState, QueueState, RepState


class Changes:
    """The records that are new, each as it is now, and whether the two things without a key of their own are."""

    def __init__(self) -> None:
        self.conversations: dict[int, Conversation] = {}
        self.messages: dict[int, Message] = {}
        self.reps: dict[str, RepState] = {}
        self.consents: dict[tuple[str, str], Consent] = {}
        self.channels: dict[str, ChannelState] = {}
        self.queues: dict[str, QueueState] = {}
        self.config = False
        self.early_reports = False
