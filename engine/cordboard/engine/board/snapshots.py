"""A board's records as a whole: taken from its state, and made a state again."""

from __future__ import annotations

from operator import itemgetter

from cordboard.engine.board.changes import Changes
from cordboard.engine.board.state import BoardState
from cordboard.engine.records import BoardSnapshot


def snapshot_of(state: BoardState) -> BoardSnapshot:
    """Return the records, from which an equal state can be made."""
    return BoardSnapshot(
        board=state.board,
        counters=state.counters,
        config=state.configured.config,
        conversations=tuple(state.conversations[each] for each in sorted(state.conversations)),
        messages=tuple(state.messages[each] for each in sorted(state.messages)),
        reps=tuple(state.reps[each] for each in sorted(state.reps)),
        early_reports=tuple(report for each in state.early_reports.values() for report in each),
        consents=tuple(each for _, each in sorted({**state.opted_out, **state.opted_in}.items(), key=itemgetter(0))),
        channels=tuple(state.channel_states[each] for each in sorted(state.channel_states)),
        queues=tuple(state.queue_states[each] for each in sorted(state.queue_states)),
    )


def state_of(snapshot: BoardSnapshot) -> BoardState:
    """Return the state that a store kept; nothing of it has changed, and everything in it is settled."""
    state = BoardState(snapshot.board)
    state.counters = snapshot.counters
    if snapshot.config is not None:
        state.put_config(snapshot.config)

    for rep in snapshot.reps:
        if rep.name in state.configured.reps:
            state.put_rep(rep)

    for conversation in snapshot.conversations:
        state.put_conversation(conversation)
        state.at = max(state.at, conversation.updated_at)

    for message in snapshot.messages:
        state.put_message(message)

    for report in snapshot.early_reports:
        state.keep_report(report)

    for consent in snapshot.consents:
        state.put_consent(consent)

    for channel in snapshot.channels:
        state.put_channel(channel)

    for queue in snapshot.queues:
        state.put_queue(queue)

    state.let_rest()
    state.changes = Changes()
    return state
