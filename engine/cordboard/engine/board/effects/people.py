"""What events do to the board itself, its people, its channels, and what customers have said of texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from cordboard.engine.board.state import BoardState
from cordboard.engine.events import (
    BoardConfigured,
    BulkBegun,
    ChannelNoticed,
    ChannelReconciled,
    ChannelResumed,
    ChannelStopped,
    CustomerOptedIn,
    CustomerOptedOut,
    DeskConnected,
    DeskGone,
    DeskLost,
    DrainStarted,
    Event,
    PresenceChanged,
    ProfilesReset,
    ShiftChanged,
    WebhookKept,
)
from cordboard.engine.records import Consent
from cordboard.engine.states import Notice, PresenceChoice
from cordboard.engine.vocabulary import PresenceReason


def _configured(state: BoardState, event: BoardConfigured) -> None:
    state.configure(event.config)


def _presence_changed(state: BoardState, event: PresenceChanged) -> None:
    rep = state.reps[event.rep]
    gone = event.why is PresenceReason.DISCONNECTED
    decided = event.why in (None, PresenceReason.DONE)  # what a rep means to be next outlives all other changes
    state.put_rep(
        replace(
            rep,
            presence=event.presence,
            custom=event.custom,
            since=event.at,
            why=event.why,
            release_at=event.release_at,
            draining=None if decided else rep.draining,
            before=PresenceChoice(presence=rep.presence, custom=rep.custom, why=rep.why) if gone else None,
        )
    )


def _drain_started(state: BoardState, event: DrainStarted) -> None:
    choice = PresenceChoice(presence=event.presence, custom=event.custom)
    state.put_rep(replace(state.reps[event.rep], draining=choice))


def _shift_changed(state: BoardState, event: ShiftChanged) -> None:
    state.put_rep(replace(state.reps[event.rep], working=event.working, works_until=event.until))


def _desk_connected(state: BoardState, event: DeskConnected) -> None:
    state.put_rep(replace(state.reps[event.rep], connected=True, gone_at=None))


def _desk_lost(state: BoardState, event: DeskLost) -> None:
    state.put_rep(replace(state.reps[event.rep], gone_at=event.gone_at))


def _desk_gone(state: BoardState, event: DeskGone) -> None:
    state.put_rep(replace(state.reps[event.rep], connected=False, gone_at=None))


def _profiles_reset(state: BoardState, event: ProfilesReset) -> None:
    state.put_rep(replace(state.reps[event.rep], used_today={}, used_since=None))


def _channel_noticed(state: BoardState, event: ChannelNoticed) -> None:
    notice = Notice(at=event.at, code=event.code, text=event.text)
    state.put_channel(replace(state.channel_state(event.channel), notice=notice))


def _channel_stopped(state: BoardState, event: ChannelStopped) -> None:
    state.put_channel(replace(state.channel_state(event.channel), stopped_at=event.at, failure=event.failure))


def _channel_resumed(state: BoardState, event: ChannelResumed) -> None:
    state.put_channel(replace(state.channel_state(event.channel), stopped_at=None, failure=None))


def _channel_reconciled(state: BoardState, event: ChannelReconciled) -> None:
    state.put_channel(replace(state.channel_state(event.channel), reconciled_to=event.until))


def _consent_given_or_withdrawn(state: BoardState, event: CustomerOptedOut | CustomerOptedIn) -> None:
    state.put_consent(
        Consent(
            number=event.number,
            customer=event.customer,
            opted_out=isinstance(event, CustomerOptedOut),
            at=event.at if event.said_at is None else event.said_at,
            source=event.source,
            word=event.word,
        )
    )


def _nothing(_state: BoardState, _event: Event) -> None:
    """A fact that is only for the journal."""


EFFECTS: dict[type[Any], Callable[[BoardState, Any], None]] = {
    BoardConfigured: _configured,
    PresenceChanged: _presence_changed,
    BulkBegun: _nothing,
    ProfilesReset: _profiles_reset,
    DrainStarted: _drain_started,
    ShiftChanged: _shift_changed,
    DeskConnected: _desk_connected,
    DeskLost: _desk_lost,
    DeskGone: _desk_gone,
    WebhookKept: _nothing,
    ChannelNoticed: _channel_noticed,
    ChannelStopped: _channel_stopped,
    ChannelResumed: _channel_resumed,
    ChannelReconciled: _channel_reconciled,
    CustomerOptedOut: _consent_given_or_withdrawn,
    CustomerOptedIn: _consent_given_or_withdrawn,
}
"""What happens to the state, by the class of the event."""
