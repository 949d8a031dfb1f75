"""The board's configuration: records and their defaults. What must hold between them is in `config_problems`.

Reading a file is the daemon's work; a host that embeds the engine builds these records itself. Durations are
milliseconds here and `"90s"` in files: fields of that kind are typed `Duration`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from cordboard.engine.automated_messages import AutomatedMessage
from cordboard.engine.carrier import Pace
from cordboard.engine.hours import OperatingHours
from cordboard.engine.routing_words import (
    AffinityTo,
    AssignmentMethod,
    Distribution,
    LanguageMatching,
    Obstacle,
    OverflowAction,
    OverflowCondition,
    PreferenceFallback,
    ProfileReset,
    QueueOrder,
    RepOperator,
    SkillMatching,
    WrapUp,
)
from cordboard.engine.rules import Route, RuleSet
from cordboard.engine.vocabulary import AmbiguousSends, Capability, Keyword, Milliseconds, NumberKind, Presence, Role

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}\Z")]
"""How people, queues and everything else of a board are called: it goes into URLs, logs and databases."""

Duration = Annotated[int, Meta(ge=0, extra={"unit": "duration"})]
"""A length of time in milliseconds; a file writes it `"90s"`, `"15m"`, `"2h"` or `"30d"`."""

LongEnough = Annotated[int, Meta(ge=1_000, extra={"unit": "duration"})]
"""A duration of a second or more."""

Positive = Annotated[int, Meta(ge=1)]

Units = Annotated[int, Meta(ge=0)]
"""Units of capacity, or of a capacity profile."""

Rating = Annotated[int, Meta(ge=1)]
"""How good somebody is at something, or has to be: more is better."""

Ratings = dict[Name, Rating]
"""Skills, and a rating in each."""

E164 = re.compile(r"\+[1-9]\d{6,14}")
SHORT_CODE = re.compile(r"\d{3,8}")

USUAL_REPORT_TIMEOUT = 1 * HOUR
"""Carriers report within minutes; one that has said nothing for an hour seldom says anything."""


class Channel(Struct, frozen=True, kw_only=True):
    """An account at a carrier, as far as the board knows it; the credentials stay with its transport.

    Attributes:
        name: Names the webhook path, `/webhooks/{name}`.
        provider: The transport's entry point.
        max_characters: The longest text it takes; the engine fills it in from the transport.
        mms: Whether it carries attachments; the engine fills it in from the transport.
        report_timeout: A text of which the carrier has reported nothing final for so long counts as delivery unknown.
        answers_keywords: The words that the carrier itself answers without saying so with each of them (Twilio's
            default opt-out handling: all three): Cordboard notes them, and does not answer a second time.
        smart_encoding: Whether typography that GSM-7 lacks is replaced by look-alikes where that saves segments.
        hours: When its customers can expect an answer; always, where it is not given. They are told otherwise, no more.
    """

    name: Name
    provider: str
    max_characters: Positive = 1600
    mms: bool = True
    report_timeout: LongEnough = USUAL_REPORT_TIMEOUT
    answers_keywords: tuple[Keyword, ...] = ()
    smart_encoding: bool = False
    hours: str | None = None


class Number(Struct, frozen=True, kw_only=True):
    """An address of ours on a channel.

    Attributes:
        address: E.164 with its plus sign, or a short code's digits.
        channel: The account it belongs to.
        kind: What sort of number it is.
        workstream: The settings its conversations run under.
        capabilities: What it carries. A toll-free number may serve SMS and voice at once.
        direct_routing: Azure direct-routing numbers carry voice alone; as an SMS number one is refused.
        pace: What it may send in some time; what is usual for its kind at its carrier, where it is not given.
        hours: When its customers can expect an answer; as its channel's, where it is not given.
        language: What it is written to in, a language tag; it chooses among the locales of automated messages.
    """

    address: str
    channel: Name
    kind: NumberKind
    workstream: Name
    capabilities: tuple[Capability, ...] = (Capability.SMS,)
    direct_routing: bool = False
    pace: Pace | None = None
    hours: str | None = None
    language: str = ""


class CustomPresence(Struct, frozen=True, kw_only=True):
    """A presence with a name of its own. To routing it is its base.

    Attributes:
        name: Its name.
        text: How people read it; the name itself where it is empty.
        base: What it means.
    """

    name: Name
    text: Annotated[str, Meta(max_length=80)] = ""
    base: Presence


class PresenceRules(Struct, frozen=True, kw_only=True):
    """What the system says of reps by itself. Nothing, unless it is asked to.

    Attributes:
        automatic: Whether a presence follows the capacity in use: none is `available`, some is `busy`, all is
            `do_not_disturb`. A person's `available` or `busy` stands until they next accept or close something, any
            other presence until it is changed.
        missed: What a rep is who missed an offer; as before, where it is not given.
        declined: What a rep is who declined one; as before, where it is not given.
    """

    automatic: bool = False
    missed: Presence | None = None
    declined: Presence | None = None


class AutoClose(Struct, frozen=True, kw_only=True):
    """How long nothing may happen to a conversation before it is closed (Dynamics' defaults for SMS).

    Attributes:
        queued: While it waits.
        active: While a rep has it.
        parked: While it is parked.
        wrap_up: While its rep is wrapping up without an end that is set: the wrap-up is over then.
    """

    queued: LongEnough = 30 * DAY
    active: LongEnough = 30 * DAY
    parked: LongEnough = 3 * DAY
    wrap_up: LongEnough = 1 * DAY


class Affinity(Struct, frozen=True, kw_only=True):
    """What becomes of a conversation that a customer's text brings back: one that was parked, or is reopened.

    Attributes:
        to: Whom it goes to, if they can take it.
        wait: If they cannot, it waits so long for them alone, counted from that text.
        despite: What does not keep it from them.
    """

    to: AffinityTo = AffinityTo.LAST_REP
    wait: Duration = 0
    despite: tuple[Obstacle, ...] = ()


class Skill(Struct, frozen=True, kw_only=True):
    """Something that reps can be good at and conversations can need.

    Attributes:
        name: Its name.
        min_rating: The lowest rating there is.
        max_rating: The highest.
    """

    name: Name
    min_rating: Rating = 1
    max_rating: Rating = 10


class Relaxation(Struct, frozen=True, kw_only=True):
    """What becomes of the required skills once a customer has waited for some time.

    Attributes:
        after: For how long they have waited.
        lower_by: Every required rating is so much lower; a skill whose rating reaches 0 is not required any more.
        skill_matching: What the skills decide from then on; as before, where it is not given.
    """

    after: Duration
    lower_by: Annotated[int, Meta(ge=0)] = 0
    skill_matching: SkillMatching | None = None


class CapacityProfile(Struct, frozen=True, kw_only=True):
    """A capacity of reps beside the one in units: for one kind of work, with a limit of its own.

    Attributes:
        name: Its name.
        limit: Units of it that every rep has, unless the rep's `limits` say otherwise.
        reset: When units that were taken are free again. It may change at any time.
        blocks_assignment: Whether a rep who has used it up is offered nothing at all by itself, of whatever kind.
    """

    name: Name
    limit: Units
    reset: ProfileReset = ProfileReset.IMMEDIATE
    blocks_assignment: bool = False


class Workstream(Struct, frozen=True, kw_only=True):
    """The settings that a number's conversations run under.

    Attributes:
        name: Its name.
        queue: The fallback queue.
        distribution: Whether conversations are pushed to reps or picked by them; may change at any time.
        offer_timeout: How long a rep may leave an offer unanswered.
        auto_assign: Whether an offer cannot be declined, and counts as accepted when it is not answered in time.
        auto_accept: Whether an offer counts as accepted at once.
        capacity_cost: Units of a rep's capacity that one conversation takes; 0 where it counts by profiles alone.
        costs: Units of capacity profiles that it takes beside.
        allowed_presences: The presences in which a rep gets this workstream's conversations.
        affinity: Who gets a conversation that a customer's text brings back.
        quiet_after: An active conversation whose customer has been silent this long is parked.
        wrap_up: How long a conversation that its rep has closed still holds their capacity; 0 is `none`. One that is
            wrapped up already ends as it began.
        auto_close: When nothing happens for so long, the conversation is closed.
        reopen_window: A text this soon after closing reopens the conversation.
        max_declines: A rep who declined or missed a conversation this often is not offered it again.
        ambiguous_sends: What to do with a text that may or may not have been sent.
        reply_expiry: A reply that could not be sent for so long is not sent any more, and its rep is told.
        automated_per_hour: How many automated messages a customer gets within any hour.
        skills: What every one of its conversations needs.
        preferred_skills: What would be good to have: among equals, whoever comes closest to it goes first.
        skill_matching: What the skills decide.
        skill_relaxation: How the skills matter less while a customer waits, the first step first.
        language_matching: What the language of a conversation decides, where rules have found one.
        classification: What new conversations are like: rule sets, one after the other.
        routes: Where new conversations wait: the first that applies decides, and `queue` where none does.
    """

    name: Name
    queue: Name
    distribution: Distribution = Distribution.PUSH
    offer_timeout: LongEnough = 120 * SECOND
    auto_assign: bool = False
    auto_accept: bool = False
    capacity_cost: Units = 1
    costs: dict[Name, Positive] = {}
    allowed_presences: tuple[Presence, ...] = (Presence.AVAILABLE, Presence.BUSY)
    affinity: Affinity = Affinity()
    quiet_after: LongEnough = 10 * MINUTE
    wrap_up: Duration | WrapUp = WrapUp.NONE
    auto_close: AutoClose = AutoClose()
    reopen_window: Duration = 24 * HOUR
    max_declines: Positive = 3
    ambiguous_sends: AmbiguousSends = AmbiguousSends.AT_MOST_ONCE
    reply_expiry: LongEnough = 1 * HOUR
    automated_per_hour: Annotated[int, Meta(ge=0)] = 5
    skills: Ratings = {}
    preferred_skills: Ratings = {}
    skill_matching: SkillMatching = SkillMatching.EXACT
    skill_relaxation: tuple[Relaxation, ...] = ()
    language_matching: LanguageMatching = LanguageMatching.NONE
    classification: tuple[RuleSet, ...] = ()
    routes: tuple[Route, ...] = ()


class Ring(Struct, frozen=True, kw_only=True):
    """Some of a queue's reps, who are asked once a customer has waited for some time.

    Attributes:
        after: For how long they have waited.
        reps: Who is asked from then on, beside the rings before; everybody else of the queue where it is empty.
    """

    after: Duration = 0
    reps: tuple[Name, ...] = ()


class RepCondition(Struct, frozen=True, kw_only=True):
    """What must hold of a rep.

    Attributes:
        field: `skills.NAME` (0 for who lacks it) or `attributes.NAME` (nothing holds of one that is not there).
        op: How it is compared.
        value: With what.
    """

    field: str
    op: RepOperator = RepOperator.EQUALS
    value: str | int


class CustomAssignment(Struct, frozen=True, kw_only=True):
    """Who gets a queue's conversations, as data. Presence, capacity and skills count as with every other method.

    Attributes:
        where: What must hold of a rep, all of it.
        order: What makes one rep better than another, the first first: `proficiency`, `free_capacity`, `idle_time`,
            `last_assignment` or `attributes.NAME`, a whole number, the smallest first. A minus sign before it turns it
            round.
    """

    where: tuple[RepCondition, ...] = ()
    order: tuple[str, ...] = ()


class Overflow(Struct, frozen=True, kw_only=True):
    """What a queue does with what it cannot serve well.

    Attributes:
        when: What must hold.
        limit: For `length`: when so many wait already.
        over: For `expected_wait` and `waited`: when it is longer than that.
        do: What is done then.
        queue: For `transfer`: where to.
    """

    when: OverflowCondition
    limit: Positive | None = None
    over: LongEnough | None = None
    do: OverflowAction
    queue: Name | None = None


class Queue(Struct, frozen=True, kw_only=True):
    """An ordered waiting list and the reps who serve it.

    Attributes:
        name: Its name.
        assignment: How a rep is chosen. Ties always go to the earliest last assignment.
        reps: Who serves it.
        priority: Which queue of a rep's goes first: the smallest.
        order: What the list is ordered by, within a priority.
        service_level: How soon its customers are to be answered.
        ageing: Waiting for so long weighs as much as one step of priority; without it, priority alone decides.
        escalate_after: Who has waited so long is escalated.
        rings: The rings of `bullseye`.
        fallback: What `preferred_reps` does where none of the customer's own can take it.
        custom: The rules of `custom`.
        hours: When it is open; always, where it is not given.
        overflow: What it does with what it cannot serve well: the first condition that holds decides.
    """

    name: Name
    assignment: AssignmentMethod = AssignmentMethod.HIGHEST_CAPACITY
    reps: tuple[Name, ...] = ()
    priority: int = 0
    order: QueueOrder = QueueOrder.OLDEST
    service_level: LongEnough | None = None
    ageing: LongEnough | None = None
    escalate_after: LongEnough | None = None
    rings: tuple[Ring, ...] = ()
    fallback: PreferenceFallback = PreferenceFallback.OTHERS
    custom: CustomAssignment | None = None
    hours: str | None = None
    overflow: tuple[Overflow, ...] = ()

    def next_after_waiting(self, done: Sequence[tuple[OverflowAction, Milliseconds]]) -> Overflow | None:
        """Return what is done next with what waits.

        What has been done is not done again because a step's `over` has changed since: of the steps that do the same,
        as many count as done as have been, the shortest first, and so does what was to be done after a shorter wait.

        Args:
            done: What has been done with it, each with the wait after which it was.
        """
        rules = sorted(
            (each for each in self.overflow if each.when is OverflowCondition.WAITED), key=lambda each: each.over or 0
        )
        longest = max((wait for _, wait in done), default=0)
        often = Counter(do for do, _ in done)
        for rule in rules:
            if often[rule.do]:
                often[rule.do] -= 1
            elif (rule.over or 0) > longest:
                return rule

        return None


class Rep(Struct, frozen=True, kw_only=True):
    """A service representative.

    Attributes:
        name: Their name in commands, logs and URLs.
        display_name: Their name as people see it; the name itself where it is empty.
        capacity: Units of work they hold at once.
        limits: What they have of capacity profiles, where it is not what everybody has; 0 for nothing. It counts for
            new work: nothing that they hold is taken from them.
        roles: What they may do.
        disconnect_grace: How long an offline rep keeps the conversations they hold.
        skills: What they are good at.
        languages: What they speak: language tags.
        attributes: Whatever else a custom assignment may ask of them.
        hours: When they work; outside of it nothing is offered to them. Always, where it is not given.
    """

    name: Name
    display_name: str = ""
    capacity: Units = 1
    limits: dict[Name, Units] = {}
    roles: tuple[Role, ...] = (Role.REP,)
    disconnect_grace: Duration = 150 * SECOND
    skills: Ratings = {}
    languages: tuple[str, ...] = ()
    attributes: dict[Name, str | int] = {}
    hours: str | None = None


class Preference(Struct, frozen=True, kw_only=True):
    """The reps whom a customer's conversations go to on queues with `preferred_reps`.

    Attributes:
        customer: Their number.
        reps: Who, the first first.
    """

    customer: str
    reps: tuple[Name, ...]


class Customer(Struct, frozen=True, kw_only=True):
    """Somebody who writes to us, as far as we know them.

    Attributes:
        number: Theirs, E.164.
        name: Their name as people see it; nobody knows, where it is empty.
        attributes: Whatever else conditions may ask of them.
    """

    number: str
    name: Annotated[str, Meta(max_length=100)] = ""
    attributes: dict[Name, str | int] = {}


class Keywords(Struct, frozen=True, kw_only=True):
    """What is texted to a customer who sends a word that is answered by itself; nothing, where a text is empty.

    Attributes:
        stop: After STOP: the one text that may still follow it. It says who writes, and that no more will come.
        start: After START.
        help: After HELP: who we are, and how to have no more texts.
    """

    stop: Annotated[str, Meta(max_length=320)] = (
        "You have been unsubscribed and will get no more texts from this number. Reply START to subscribe again."
    )
    start: Annotated[str, Meta(max_length=320)] = (
        "You have been subscribed again to texts from this number. Reply HELP for help, STOP to unsubscribe."
    )
    help: Annotated[str, Meta(max_length=320)] = (
        "Reply to this number to write to our service team. Reply STOP to unsubscribe. Msg&data rates may apply."
    )


class BoardConfig(Struct, frozen=True, kw_only=True):
    """Everything that is configured of one board.

    Attributes:
        name: The board's name, on everything it stores.
        time_zone: An IANA time zone.
        keywords: The answers to STOP, START and HELP.
        presence: What the system says of reps by itself.
        channels: Accounts at carriers.
        numbers: Addresses of ours.
        workstreams: Settings of conversations.
        queues: Waiting lists.
        reps: People.
        skills: What they can be good at.
        capacity_profiles: Capacities for one kind of work.
        presences: Presences with names of their own.
        preferences: Customers who have reps of their own.
        customers: Who they are.
        hours: Operating hours, which channels, numbers, queues and reps refer to.
        automated_messages: What customers are told without anybody writing it; by default, nothing.
    """

    name: Name
    time_zone: str = "UTC"
    keywords: Keywords = Keywords()
    presence: PresenceRules = PresenceRules()
    channels: tuple[Channel, ...] = ()
    numbers: tuple[Number, ...] = ()
    workstreams: tuple[Workstream, ...] = ()
    queues: tuple[Queue, ...] = ()
    reps: tuple[Rep, ...] = ()
    skills: tuple[Skill, ...] = ()
    capacity_profiles: tuple[CapacityProfile, ...] = ()
    presences: tuple[CustomPresence, ...] = ()
    preferences: tuple[Preference, ...] = ()
    customers: tuple[Customer, ...] = ()
    hours: tuple[OperatingHours, ...] = ()
    automated_messages: tuple[AutomatedMessage, ...] = ()
