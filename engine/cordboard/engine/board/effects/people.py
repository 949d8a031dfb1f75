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
    Event,
    PresenceChanged,
    ProfilesReset,
    WebhookKept,
)
from cordboard.engine.records import Consent, Notice


def _configured(state: BoardState, event: BoardConfigured) -> None:
    state.configure(event.config)


def _presence_changed(state: BoardState, event: PresenceChanged) -> None:
    rep = state.reps[event.rep]
    state.put_rep(replace(rep, presence=event.presence, since=event.at, release_at=event.release_at))


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
    WebhookKept: _nothing,
    ChannelNoticed: _channel_noticed,
    ChannelStopped: _channel_stopped,
    ChannelResumed: _channel_resumed,
    ChannelReconciled: _channel_reconciled,
    CustomerOptedOut: _consent_given_or_withdrawn,
    CustomerOptedIn: _consent_given_or_withdrawn,
}
"""What happens to the state, by the class of the event."""
