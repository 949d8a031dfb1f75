"""A configuration comes into force: what it may not do, and what it does to what is under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.inbound import home_queue
from cordboard.engine.board.reps import keep_presence
from cordboard.engine.board.shifts import review_shift
from cordboard.engine.board.state import BoardState
from cordboard.engine.commands import Configure
from cordboard.engine.config import BoardConfig
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import InvalidConfiguration
from cordboard.engine.events import (
    BoardConfigured,
    ConversationReleased,
    ConversationRequeued,
    OfferWithdrawn,
    WrapUpEnded,
)
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import SYSTEM, State


def configure(decision: Decision, command: Configure) -> None:
    """Put a configuration in force.

    Conversations of reps and on queues that are gone move on. A workstream or channel stays for as long as open
    conversations need it: the configuration is refused until then.
    """
    state = decision.state
    check_fit(state, command.config)
    if command.config == state.configured.config and state.counters.seq:
        return

    decision.emit(BoardConfigured, config=command.config, by=command.by)
    # In an order that a restored board has, too.
    for _, conversation in sorted(state.conversations.items()):
        _move_on(decision, conversation)

    for name in sorted(state.reps):
        keep_presence(decision, name)
        review_shift(decision, name)


def check_fit(state: BoardState, config: BoardConfig) -> None:
    """Return if a configuration could come into force on a board as it is now.

    Raises:
        InvalidConfiguration: It could not; every reason is in it.
    """
    problems = (*find_problems(config), *_still_needed(state, config))
    if problems:
        raise InvalidConfiguration(problems)


def _move_on(decision: Decision, conversation: Conversation) -> None:
    state = decision.state
    rep = conversation.assignment.rep if conversation.assignment else None
    rep_gone = rep is not None and rep not in state.reps
    why = f"{rep} is no longer configured" if rep_gone else "its queue is no longer configured"
    queue_gone = conversation.queue is not None and conversation.queue not in state.configured.queues
    if conversation.state is State.CLOSED and rep_gone:
        decision.emit(WrapUpEnded, conversation=conversation.id, rep=rep, by=SYSTEM, why=why)
    elif conversation.state is State.ACTIVE and rep_gone:
        queue = home_queue(decision, conversation)
        decision.emit(
            ConversationReleased, conversation=conversation.id, queue=queue, by=SYSTEM, why=why, disconnected=True
        )
    elif conversation.state is State.ASSIGNED and (rep_gone or queue_gone):
        decision.emit(OfferWithdrawn, conversation=conversation.id, rep=rep, by=SYSTEM, why=why)

    if state.conversations.get(conversation.id, conversation).state is State.QUEUED and queue_gone:
        queue = home_queue(decision, conversation)
        decision.emit(ConversationRequeued, conversation=conversation.id, queue=queue, by=SYSTEM, why=why)


def _still_needed(state: BoardState, config: BoardConfig) -> Iterator[str]:
    if config.name != state.board:
        yield f"board.name: this is board {state.board!r}, not {config.name!r}; a board keeps its name"

    open_conversations = state.conversations.values()
    workstreams = {each.name for each in config.workstreams}
    for name, count in Counter(each.workstream for each in open_conversations).items():
        if name not in workstreams:
            yield f"workstreams: {name!r} is gone, but {count} open conversations run under it; keep it until they end"

    channels = {each.name for each in config.channels}
    needed = [*(each.channel for each in open_conversations), *(each.channel for each in state.messages.values())]
    for name, count in Counter(needed).items():
        if name not in channels:
            yield f"channels: {name!r} is gone, but {count} open conversations or unsent texts need it; keep it"
