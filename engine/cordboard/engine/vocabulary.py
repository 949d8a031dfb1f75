"""The words of the house: every closed set of values that more than one room uses.

The moves between conversation states are not here but in `cordboard.engine.board.conversation`.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

Timestamp: TypeAlias = int
"""A moment: whole milliseconds since 1970-01-01 in UTC."""

Milliseconds: TypeAlias = int
"""A length of time in whole milliseconds."""

SYSTEM = "system"
"""The actor of everything that no person asked for. No rep may have this name."""


TAKEN_OVER = "taken over"
"""How the reason of a move begins by which a supervisor took a conversation from somebody."""


OVERFLOW = "overflow"
"""How the reason of a move begins that a queue made since it overflows; its condition follows."""


class Word(enum.Enum):
    """A closed set of words. Members hash by identity, in C: they are keys on the hot path."""

    __hash__ = object.__hash__


class State(Word):
    """Where a conversation is in its life."""

    NEW = "new"
    """Opened by a text, not yet on a queue."""

    QUEUED = "queued"
    """On exactly one queue's waiting list."""

    ASSIGNED = "assigned"
    """Offered to one rep, who has not answered yet."""

    ACTIVE = "active"
    """With one rep; parked while that rep has left it without ending it."""

    CLOSED = "closed"
    """Ended; the customer's next text within the reopen window opens it again."""


class Trigger(Word):
    """What can move a conversation."""

    ENQUEUE = "enqueue"
    """Classified and put on a queue."""

    ASSIGN = "assign"
    """The router, a supervisor or affinity chose a rep: an offer starts."""

    ACCEPT = "accept"
    """The rep took the offer, or the workstream accepts for them."""

    DECLINE = "decline"
    """The rep said no to the offer."""

    EXPIRE = "expire"
    """The offer timed out."""

    WITHDRAW = "withdraw"
    """The offer was taken back: the rep went offline, or a supervisor did it."""

    PICK = "pick"
    """A rep took it from a queue."""

    REQUEUE = "requeue"
    """Moved from one queue to another."""

    PARK = "park"
    """The rep left without ending, or the customer has been silent: capacity is freed."""

    RESUME = "resume"
    """The rep opened a parked conversation again."""

    WAKE = "wake"
    """The customer texted a parked conversation and its rep can take it."""

    RELEASE = "release"
    """Put back on a queue by its rep, by a transfer, or because the rep is gone."""

    TRANSFER = "transfer"
    """Handed to another rep: an offer starts."""

    CLOSE = "close"
    """Ended by rep, supervisor, inactivity, overflow, opt-out or block."""

    REOPEN = "reopen"
    """The customer texted within the reopen window."""

    END_WRAP_UP = "end_wrap_up"
    """The closing rep is done with it, or its time is over: capacity is freed."""


class BulkAction(Word):
    """What a supervisor may ask of many conversations at once."""

    TRANSFER = "transfer"
    """To a rep, or to a queue."""

    RELEASE = "release"
    """Back on their queues."""

    TAKE_OVER = "take_over"
    """To the supervisor."""

    END_WRAP_UP = "end_wrap_up"
    """Closed ones that are wrapped up hold no capacity any more."""

    CLOSE = "close"


class Status(Word):
    """Dynamics 365's names for where a conversation is: a view of state, parking and wrap-up."""

    OPEN = "open"
    ACTIVE = "active"
    WAITING = "waiting"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"


class CloseReason(Word):
    """Why a conversation ended."""

    REP = "rep"
    """Its rep ended it."""

    SUPERVISOR = "supervisor"
    """A supervisor ended it."""

    INACTIVITY = "inactivity"
    """Nothing happened for as long as the workstream's `auto_close` allows."""

    OVERFLOW = "overflow"
    """Its queue was overflowing, and is configured to end what it cannot serve."""

    OPT_OUT = "opt_out"
    """The customer wants no more texts from this number."""

    KEYWORD = "keyword"
    """It was no more than a word that is answered by itself."""


class Presence(Word):
    """How a rep is; which presences bring work is the workstream's choice."""

    AVAILABLE = "available"
    BUSY = "busy"
    DO_NOT_DISTURB = "do_not_disturb"
    AWAY = "away"
    OFFLINE = "offline"

    INACTIVE = "inactive"
    """They missed an offer, and seem not to be there. No person says so, and no workstream allows it."""


class PresenceReason(Word):
    """Why the system has set a rep's presence."""

    CAPACITY = "capacity"
    """So much of their capacity is in use."""

    MISSED = "missed"
    """They missed an offer."""

    DECLINED = "declined"
    """They declined one."""

    DISCONNECTED = "disconnected"
    """Their desk is gone."""

    RECONNECTED = "reconnected"
    """Their desk is back."""

    DONE = "done"
    """They have finished what they had, and meant to be so then."""

    CONFIGURATION = "configuration"
    """The custom presence they had is gone, or means something else."""


class Role(Word):
    """What a person may do."""

    REP = "rep"
    """Serve conversations."""

    SUPERVISOR = "supervisor"
    """See and move every conversation, and set anybody's presence."""

    ADMIN = "admin"
    """Change the configuration."""


class Direction(Word):
    """Which way a message travels."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageStatus(Word):
    """How far a message has come. The ranks are in `cordboard.engine.board.ranks`."""

    RECEIVED = "received"
    """Inbound, and kept."""

    QUEUED = "queued"
    """Outbound, durable, certainly not sent yet."""

    SENDING = "sending"
    """Handed to the carrier; the answer is not known yet, or never will be."""

    SENT = "sent"
    """The carrier took it."""

    DELIVERED = "delivered"
    """The carrier says that the handset has it."""

    UNDELIVERED = "undelivered"
    """The carrier could not deliver it."""

    FAILED = "failed"
    """It was never sent."""

    CANCELED = "canceled"
    """It was taken back before it was sent."""


class FailureKind(Word):
    """What a failure means for whoever reads of it, whichever carrier it comes from."""

    RECIPIENT = "recipient"
    """The customer's number cannot be reached by text, now or later: it is not valid, a landline, or gone."""

    OPTED_OUT = "opted_out"
    """The customer has opted out of texts from this number."""

    BLOCKED = "blocked"
    """It was blocked on its way; the customer may have opted out with their own carrier."""

    CONTENT = "content"
    """This text will not be carried: filtered as unwanted, too long, an attachment that cannot be."""

    CONFIGURATION = "configuration"
    """The number of ours, or the account's settings, do not allow it: an administrator can mend that."""

    ACCOUNT = "account"
    """Nothing at all goes through on this channel: wrong credentials, a suspended account."""

    BUSY = "busy"
    """Too much at once: it was not taken, and may be asked again."""

    LATER = "later"
    """A limit for some time is used up (a daily cap, a block for half an hour)."""

    UNREACHABLE = "unreachable"
    """The handset could not be reached: it may be switched off."""

    TROUBLE = "trouble"
    """The carrier, or the way to it, has trouble of its own."""

    EXPIRED = "expired"
    """It was not sent in time, and later it would have helped nobody."""

    DEFECT = "defect"
    """What was asked of the carrier made no sense: a fault of Cordboard's."""

    UNKNOWN = "unknown"
    """The carrier does not say, or says something that nobody has heard of yet."""

    @property
    def may_pass(self) -> bool:
        """Whether the same text may well come through when somebody sends it again later."""
        return self in _MAY_PASS


_MAY_PASS = frozenset(
    {
        FailureKind.BUSY,
        FailureKind.LATER,
        FailureKind.UNREACHABLE,
        FailureKind.TROUBLE,
        FailureKind.EXPIRED,
        FailureKind.UNKNOWN,
    }
)


class Keyword(Word):
    """What a customer can ask with a single word, and what is done by itself."""

    STOP = "stop"
    """Opts the pair of numbers out."""

    START = "start"
    """Opts it back in."""

    HELP = "help"
    """Asks who we are."""


class MessageTrigger(Word):
    """What an automated message tells a customer of."""

    GREETING = "greeting"
    """A conversation has begun."""

    HOLIDAY = "holiday"
    """It began, or began again, on a holiday."""

    OUT_OF_HOURS = "out_of_hours"
    """It began, or began again, outside its number's hours."""

    POSITION = "position"
    """It waits, and others go before it."""

    NEXT_IN_LINE = "next_in_line"
    """It waits, and goes before all others of its queue."""

    EXPECTED_WAIT = "expected_wait"
    """It waits, and it is known for about how long."""

    UNASSIGNABLE = "unassignable"
    """Nobody took it, or nobody serves its queue."""

    OVERFLOW_END = "overflow_end"
    """Its queue overflowed, and it was closed."""

    OVERFLOW_LATER = "overflow_later"
    """Its queue overflowed, and it is answered later."""

    ASSIGNED = "assigned"
    """It is offered to a rep."""

    JOINED = "joined"
    """A rep has taken it."""

    TRANSFER_ACCEPTED = "transfer_accepted"
    """A rep has taken it to whom another handed it."""

    LEFT = "left"
    """Its rep gave it back, or handed it on."""

    DISCONNECTED = "disconnected"
    """Its rep is gone: offline for longer than their grace time, or no longer configured."""

    ENDED = "ended"
    """A person of ours ended it."""

    INACTIVITY = "inactivity"
    """It was closed since nothing happened for too long."""


class ConsentSource(Word):
    """How we know that a customer opted out or in."""

    KEYWORD = "keyword"
    """They texted a word."""

    CARRIER = "carrier"
    """Their carrier, or ours, told us."""


class PaceUnit(Word):
    """What a carrier counts when it limits a number."""

    SEGMENTS = "segments"
    MESSAGES = "messages"


class NumberKind(Word):
    """What sort of number of ours it is; carriers' limits and laws depend on it."""

    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    MOBILE = "mobile"
    LOCAL_10DLC = "local_10dlc"


class Weekday(Word):
    """A day of the week, in their order."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Capability(Word):
    """What a number of ours can carry."""

    SMS = "sms"
    MMS = "mms"
    VOICE = "voice"


class AmbiguousSends(Word):
    """What to do with a text that may or may not have been sent, where nothing can find it out."""

    AT_MOST_ONCE = "at_most_once"
    """Never send it again; the rep sees that it may not have been sent."""

    AT_LEAST_ONCE = "at_least_once"
    """Send it again, at the risk of texting the customer twice."""
