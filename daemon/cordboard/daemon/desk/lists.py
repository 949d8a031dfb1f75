"""The lists beside the transcript: what is offered to a rep, what they hold, what they may take."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cordboard.daemon.access import Person
from cordboard.engine import Board, Engine
from cordboard.engine.config import SECOND
from cordboard.engine.ports import Clock, ConversationQuery, History, Sight
from cordboard.engine.records import Conversation, Message
from cordboard.engine.vocabulary import SYSTEM, State, Timestamp

WAITING_SHOWN: Final = 25
"""Conversations listed of one queue; of the rest, their number is told."""

PARKED_SHOWN: Final = 50
ENDED_SHOWN: Final = 8
_PREVIEWS_KEPT: Final = 5_000
_PREVIEW_LENGTH: Final = 160
_PAGE: Final = 500

_SETTLED: Final = 5 * SECOND
"""The board is ahead of the store by one commit: a change younger than this may not be there yet."""


class Card(Struct, frozen=True, kw_only=True):
    """One conversation in a list.

    Attributes:
        conversation: As it is.
        skills: What it needs of a rep, by skill and rating; nothing once it has ended.
        author: Who wrote its last text that a person wrote: a rep's name, `customer`, or nothing where there is none.
        text: How that text begins, on one line.
        customer_name: Its customer's, where it is known.
    """

    conversation: Conversation
    skills: Mapping[str, int]
    author: str
    text: str
    customer_name: str | None = None


class Mine(Struct, frozen=True, kw_only=True):
    """What a rep has.

    Attributes:
        offers: Offered to them; the one that expires first comes first.
        active: With them, in the order in which they came: a list that does not move under the pointer.
        parked: Left by them without ending.
        wrap_up: Ended by them, and still holding their capacity.
        ended: Ended lately.
    """

    offers: tuple[Card, ...]
    active: tuple[Card, ...]
    parked: tuple[Card, ...]
    wrap_up: tuple[Card, ...]
    ended: tuple[Card, ...]


class Line(Struct, frozen=True, kw_only=True):
    """One queue's waiting list.

    Attributes:
        queue: Its name.
        count: How many wait.
        cards: The first of them.
    """

    queue: str
    count: int
    cards: tuple[Card, ...]


class Previews:
    """The last text of people in each conversation, remembered until the conversation changes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[int, tuple[Timestamp, Message | None]] = OrderedDict()

    async def card(self, history: History, board: Board, conversation: Conversation) -> Card:
        """Return a conversation with what it needs, and how its last text begins."""
        skills = board.skills_needed(conversation) if conversation.live else {}
        last = await self._last(history, board.name, conversation)
        if last is None:
            return Card(conversation=conversation, skills=skills, author="", text="")

        text = " ".join(last.body[: 2 * _PREVIEW_LENGTH].split())[:_PREVIEW_LENGTH]
        if not text and last.media:
            text = "Attachment"

        return Card(conversation=conversation, skills=skills, author=last.author, text=text)

    async def _last(self, history: History, board: str, conversation: Conversation) -> Message | None:
        changed_at, last = self._known.get(conversation.id, (None, None))
        if changed_at != conversation.updated_at:
            last = await _last_message(history, board, conversation.id, last)
            if self._clock.now() - conversation.updated_at > _SETTLED:
                self._known[conversation.id] = (conversation.updated_at, last)
                while len(self._known) > _PREVIEWS_KEPT:
                    self._known.popitem(last=False)

        return last


class Lists:
    """Makes the lists of one engine's board."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._previews = Previews(clock)

    async def mine(self, person: Person) -> Mine:
        """Return what a rep has."""
        board = self._engine.board
        held = board.held_by(person.name)
        offers = [each for each in held if each.state is State.ASSIGNED]
        active = [each for each in held if each.state is State.ACTIVE]
        wrap_up = [each for each in held if each.state is State.CLOSED]
        parked = [each for each in await self._latest(person, State.ACTIVE, PARKED_SHOWN) if each.parked]
        ended = [
            each
            for each in await self._latest(person, State.CLOSED, ENDED_SHOWN)
            if each.assignment is None and person.name in each.held_by
        ]
        return Mine(
            offers=await self.cards(sorted(offers, key=_expires_at)),
            active=await self.cards(active),
            parked=await self.cards(sorted(parked, key=_changed_at, reverse=True)),
            wrap_up=await self.cards(sorted(wrap_up, key=_expires_at)),
            ended=await self.cards(sorted(ended, key=_changed_at, reverse=True)),
        )

    async def waiting(self, person: Person) -> tuple[Line, ...]:
        """Return the waiting lists a rep may pick from."""
        board = self._engine.board
        return tuple([await self.line(queue) for queue in board.queues_of(person.name)])

    async def line(self, queue: str) -> Line:
        """Return one queue's waiting list."""
        board = self._engine.board
        cards = await self.cards(board.waiting(queue, limit=WAITING_SHOWN))
        return Line(queue=queue, count=board.waiting_on(queue), cards=cards)

    async def earlier(self, conversation: Conversation, person: Person) -> tuple[Conversation, ...]:
        """Return the customer's earlier conversations, as far as a person may see them."""
        query = ConversationQuery(
            customer=conversation.customer,
            before=conversation.id,
            sight=sight_of(self._engine.board, person),
            limit=ENDED_SHOWN,
        )
        found = await self._engine.history.conversations(self._engine.board.config.name, query)
        return found.items

    async def _latest(self, person: Person, state: State, limit: int) -> tuple[Conversation, ...]:
        query = ConversationQuery(state=state, rep=person.name, limit=limit)
        found = await self._engine.history.conversations(self._engine.board.config.name, query)
        return found.items

    async def cards(self, conversations: list[Conversation] | tuple[Conversation, ...]) -> tuple[Card, ...]:
        """Return conversations as they are shown in a list."""
        board, history = self._engine.board, self._engine.history
        cards = [await self._previews.card(history, board, each) for each in conversations]
        return tuple(replace(each, customer_name=board.customer_name(each.conversation.customer)) for each in cards)


def sight_of(board: Board, person: Person) -> Sight | None:
    """Return what a person may see; None for a supervisor, who may see everything."""
    return None if person.is_supervisor else Sight(rep=person.name, queues=board.queues_of(person.name))


def may_see(board: Board, person: Person, conversation: Conversation) -> bool:
    """Whether a person may see a conversation."""
    sight = sight_of(board, person)
    return sight is None or sight.includes(conversation)


async def _last_message(history: History, board: str, conversation: int, known: Message | None) -> Message | None:
    """Return the last text that a person wrote: what a customer wants is not hidden behind what they are told."""
    last, after = known, known.id if known else 0
    while True:
        found = await history.messages(board, conversation, after=after, limit=_PAGE)
        last = next((each for each in reversed(found.items) if each.author != SYSTEM), last)

        if found.next is None:
            return last

        after = found.next


def _expires_at(conversation: Conversation) -> tuple[int, int]:
    assignment = conversation.assignment
    return (assignment.expires_at or 0 if assignment else 0, conversation.id)


def _changed_at(conversation: Conversation) -> int:
    return conversation.updated_at
