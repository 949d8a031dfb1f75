"""What a board remembers beyond its live state, for the commands at hand.

The runtime fills it from the store before each batch. A board without a store, as in tests and in the load bench,
simply remembers everything. It is memory, not state: it decides nothing that the store would not decide as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from cordboard.engine.records import Conversation, Message


class Recollection:
    """Past conversations and messages, found by everything they are asked for.

    Attributes:
        conversations: By id.
        latest: The latest conversation of a number of ours and a customer.
        messages: By id.
        by_provider: The ids of messages, by channel and provider id.
    """

    def __init__(self, conversations: Iterable[Conversation] = (), messages: Iterable[Message] = ()) -> None:
        self.conversations: dict[int, Conversation] = {}
        self.latest: dict[tuple[str, str], Conversation] = {}
        self.messages: dict[int, Message] = {}
        self.by_provider: dict[tuple[str, str], int] = {}
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
            self.by_provider[message.channel, message.provider_id] = message.id
