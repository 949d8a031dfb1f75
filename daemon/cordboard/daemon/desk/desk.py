"""What the desk's pages share: the house, its clock, and the lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar import Response
from litestar.exceptions import NotFoundException

from cordboard.daemon.access import Person
from cordboard.daemon.desk.lists import Lists, may_see
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.desk.transcript import transcript
from cordboard.daemon.desk.wording import Times
from cordboard.daemon.house import House
from cordboard.daemon.presences import presence_choices, presence_text
from cordboard.engine.attachment_kinds import LARGEST_PICTURE
from cordboard.engine.config import Queue, Rep
from cordboard.engine.ports import Clock
from cordboard.engine.records import Conversation
from cordboard.engine.states import ChannelState, RepState
from cordboard.engine.vocabulary import Presence, State


class Desk:
    """Makes the parts of the desk's pages.

    Args:
        house: The daemon.
        clock: Tells what time it is; the pages' countdowns go by it.
    """

    def __init__(self, house: House, clock: Clock | None = None) -> None:
        self.house = house
        self.engine = house.engine
        self.clock = clock or house.clock
        self.lists = Lists(house.engine, self.clock)

    def times(self) -> Times:
        """Return the board's clock, seen from now."""
        return Times(self.engine.board.config.time_zone, self.clock.now())

    def names(self) -> dict[str, str]:
        """Return what people call each rep."""
        return {each.name: each.display_name or each.name for each in self.engine.board.config.reps}

    def goals(self) -> tuple[tuple[str, str], ...]:
        """Return every rep who can be given conversations, and what is read of them: `Ana · available · 2 of 5`."""
        board = self.engine.board
        config, names = board.config, self.names()

        def read(rep: Rep, state: RepState) -> str:
            presence = presence_text(state.presence, state.custom, config).lower()
            return f"{names[rep.name]} · {presence} · {board.load_of(rep.name)} of {rep.capacity}"

        return tuple((each.name, read(each, board.reps[each.name])) for each in config.reps if each.name in board.reps)

    def queue_goals(self) -> tuple[tuple[str, str], ...]:
        """Return every queue, and what is read of it: `general · 3 waiting`, `billing · closed until 08:00`."""
        board, times = self.engine.board, self.times()

        def read(queue: Queue) -> Iterator[str]:
            yield queue.name
            calendar = board.calendar(queue.hours)
            if calendar is not None and not calendar.is_open(times.now):
                opens = calendar.next_opening(times.now)
                yield f"closed until {times.moment(opens)}" if opens is not None else "closed"

            waiting = board.waiting_on(queue.name)
            if waiting:
                yield f"{waiting} waiting"

        return tuple((each.name, " · ".join(read(each))) for each in board.config.queues)

    def about(self, person: Person) -> dict[str, Any]:
        """Return what every part of a page may speak of."""
        board = self.engine.board
        settings = next((each for each in board.config.reps if each.name == person.name), None)
        state = board.reps.get(person.name)
        return {
            "board": board.config.name,
            "person": person,
            "presence": state.presence if state else Presence.OFFLINE,
            "me": state or RepState(name=person.name),
            "choices": presence_choices(board.config),
            "load": board.load_of(person.name),
            "capacity": settings.capacity if settings else 0,
            "names": self.names(),
            "times": self.times(),
            "stopped": self.stopped(person),
            "binding": frozenset(each.name for each in board.config.workstreams if each.auto_assign),
        }

    def stopped(self, person: Person) -> tuple[ChannelState, ...]:
        """Return the stopped channels that concern a person: those their conversations are on; all, if they oversee."""
        board = self.engine.board
        states = [board.channel(each.name) for each in board.config.channels]
        stopped = tuple(each for each in states if each.stopped_at is not None)
        if not stopped or person.is_supervisor or person.is_admin:
            return stopped

        theirs = {each.channel for each in board.held_by(person.name)}
        return tuple(each for each in stopped if each.name in theirs)

    async def conversation(self, person: Person, conversation: int) -> Conversation:
        """Return a conversation that a person may see.

        Raises:
            NotFoundException: There is none, or it is not theirs to see: which of the two is not told.
        """
        board = self.engine.board
        found = board.conversations.get(conversation)
        if found is None:
            found = await self.engine.history.conversation(board.config.name, conversation)

        if found is None or not may_see(board, person, found):
            raise NotFoundException(
                "This conversation is not yours to see: it is with somebody else, or it does not exist."
            )

        return found

    async def whole(self, person: Person, conversation: Conversation | None = None) -> Response[str]:
        """Return the desk, with a conversation opened or none."""
        cursor = self.engine.feed.cursor  # read first: what happens meanwhile is told again
        return page(
            "desk.html",
            cursor=cursor,
            lists=await self.lists.mine(person),
            lines=await self.lists.waiting(person),
            **self.about(person),
            **(await self._conversation_parts(person, conversation) if conversation else {"conversation": None}),
        )

    async def opened(self, person: Person, conversation: Conversation, *, everything: bool = False) -> Response[str]:
        """Return one conversation, as a part of the desk."""
        parts = await self._conversation_parts(person, conversation, everything=everything)
        return page("_conversation.html", **self.about(person), **parts)

    async def _conversation_parts(
        self, person: Person, conversation: Conversation, *, everything: bool = False
    ) -> dict[str, Any]:
        board = self.engine.board
        holder = conversation.holder or conversation.rep
        mine = holder == person.name and conversation.state is State.ACTIVE
        opted_out = board.opted_out(conversation.number, conversation.customer)
        channel = next((each for each in board.config.channels if each.name == conversation.channel), None)
        awaited = board.awaited_rep(conversation.id)
        return {
            "conversation": conversation,
            "transcript": await transcript(
                self.engine.history,
                board,
                conversation,
                names=self.names(),
                times=self.times(),
                everything=everything,
            ),
            "everything": everything,
            "earlier": await self.lists.earlier(conversation, person),
            "customer_name": board.customer_name(conversation.customer),
            "opted_out": opted_out if conversation.state is not State.CLOSED else None,
            "offered": conversation.state is State.ASSIGNED and conversation.holder == person.name,
            "holder": self.names().get(holder, holder) if holder else "",
            "mine": mine,
            "awaited": self.names().get(awaited, "") if awaited else "",
            "may_pick": conversation.state is State.QUEUED
            and (
                person.is_supervisor
                or (conversation.queue in board.queues_of(person.name) and awaited in (None, person.name))
            ),
            "may_move": mine or (person.is_supervisor and conversation.state not in (State.NEW, State.CLOSED)),
            "may_take_over": person.is_supervisor
            and conversation.state in (State.ASSIGNED, State.ACTIVE)
            and holder != person.name,
            "skills": board.skills_needed(conversation) if conversation.live else {},
            "may_end": mine or (person.is_supervisor and conversation.state is not State.CLOSED),
            "may_finish": conversation.assignment is not None
            and conversation.state is State.CLOSED
            and (person.is_supervisor or conversation.assignment.rep == person.name),
            "may_write": mine
            or (
                person.is_supervisor
                and conversation.state not in (State.NEW, State.CLOSED)
                and conversation.holder != person.name
            ),
            "may_attach": self.house.uploads is not None and channel is not None and channel.mms,
            "largest": LARGEST_PICTURE,
            "longest": channel.max_characters if channel else 0,
            "smart_encoding": channel is not None and channel.smart_encoding,
            "colleagues": tuple((name, words) for name, words in self.goals() if name != holder),
            "queue_goals": self.queue_goals(),
        }
