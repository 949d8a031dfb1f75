"""What is known of channels: what their carriers say of them, and whether anything goes through."""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.carrier import ChannelNotice, Failure
from cordboard.engine.commands import RecordReconciled
from cordboard.engine.events import ChannelNoticed, ChannelReconciled, ChannelResumed, ChannelStopped


def note(decision: Decision, notice: ChannelNotice) -> None:
    """Tell the administrator what a carrier says of a channel."""
    decision.emit(ChannelNoticed, channel=notice.channel, code=notice.code, text=notice.text)


def record_reconciled(decision: Decision, command: RecordReconciled) -> None:
    """Note up to when a carrier has been asked for what was missed; never back to an earlier moment."""
    known = decision.state.channel_state(command.channel).reconciled_to
    if known is None or command.until > known:
        decision.emit(ChannelReconciled, channel=command.channel, until=command.until)


def stop(decision: Decision, channel: str, failure: Failure) -> None:
    """Let a channel's texts wait, since the account's fault would meet each of them."""
    if decision.state.channel_state(channel).stopped_at is None:
        decision.emit(ChannelStopped, channel=channel, failure=failure)


def resume(decision: Decision, channel: str) -> None:
    """Let a channel's texts go again, now that one has been taken."""
    if decision.state.channel_state(channel).stopped_at is not None:
        decision.emit(ChannelResumed, channel=channel)
