"""What a board remembers beyond its live state, for the commands at hand.

The runtime fills it from the store before each batch. A board without a store, as in tests and in the load bench,
simply remembers everything. It is memory, not state: it decides nothing that the store would not decide as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from cordboard.engine.records import Conversation, Message
from cordboard.engine.vocabulary import Direction


class Recollection:
    """Past conversations and messages, found by everything they are asked for.

    Attributes:
        conversations: By id.
        latest: The latest conversation of a number of ours and a customer.
        messages: By id.
        inbound: The ids of customers' texts, by channel and provider id.
        outbound: The ids of our own, by the same. Two maps, since nobody promises that a carrier's ids differ.
    """

    def __init__(self, conversations: Iterable[Conversation] = (), messages: Iterable[Message] = ()) -> None:
        self.conversations: dict[int, Conversation] = {}
        self.latest: dict[tuple[str, str], Conversation] = {}
        self.messages: dict[int, Message] = {}
        self.inbound: dict[tuple[str, str], int] = {}
        self.outbound: dict[tuple[str, str], int] = {}
        for conversation in conversations:
            self.add_conversation(conversation)

        for message in messages:
            self.add_message(message)

    def add_conversation(self, conversation: Conversation) -> None:
        """Remember a conversation as it is now."""
        self.conversations[conversation.id] = conversation
        pair = (conversation.number, conversation.customer)
        known = self.latest.get(pair)
        if known is None or known.id <= conversation.id:
            self.latest[pair] = conversation

    def add_message(self, message: Message) -> None:
        """Remember a message as it is now."""
        self.messages[message.id] = message
        if message.provider_id is not None:
            ids = self.inbound if message.direction is Direction.INBOUND else self.outbound
            ids[message.channel, message.provider_id] = message.id
