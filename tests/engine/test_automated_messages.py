"""Automated messages: what customers are told by itself, in which words, and when they are told nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.engine import Board, Channel, Number, Queue, Rep
from cordboard.engine.automated_messages import AutomatedMessage
from cordboard.engine.board.automated.automation import MACHINES_ANSWER_WITHIN, WINDOW
from cordboard.engine.board.automated.texts import times_in
from cordboard.engine.commands import DeclineOffer, ReleaseConversation, StartSending, TransferConversation
from cordboard.engine.config import DAY, HOUR, MINUTE, SECOND, Customer, Overflow
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import CustomerOptedIn, CustomerOptedOut, Event, MessageReceived, ReplyQueued, SendCanceled
from cordboard.engine.hours import Holiday, OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import OverflowAction, OverflowCondition
from cordboard.engine.rules import Outputs, Rule, RuleSet
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, OURS, START, Playground
from cordboard.engine.vocabulary import MessageTrigger, NumberKind, Presence, Weekday

OTHER = "+14155550124"
THIRD = "+14155550125"
SECOND_NUMBER = "+18005550101"

TODAY = datetime.fromtimestamp(START / 1000, ZoneInfo("UTC")).date()
"""A Sunday; it is 15:06."""

WEEKDAYS = OperatingHours(
    name="office", weekly=(WeeklyOpening(days=(Weekday.MONDAY, Weekday.TUESDAY), opens="09:00", closes="17:00"),)
)
EVENING = OperatingHours(name="office", weekly=(WeeklyOpening(days=(Weekday.SUNDAY,), opens="18:00", closes="22:00"),))
HOLIDAY = replace(WEEKDAYS, holidays=(Holiday(name="Founders' Day", date=TODAY),))


def says(trigger: MessageTrigger, text: str = "", **more: object) -> AutomatedMessage:
    return replace(AutomatedMessage(trigger=trigger, text=text or trigger.value), **more)


EVERYTHING = tuple(says(each) for each in MessageTrigger)


def world_with(*messages: AutomatedMessage, **changes: object) -> Playground:
    return Playground(replace(CONFIG, automated_messages=messages, **changes))


def open_in(hours: OperatingHours) -> dict[str, object]:
    return {"hours": (hours,), "numbers": (replace(CONFIG.numbers[0], hours="office"),)}


def told(events: Sequence[Event]) -> list[tuple[MessageTrigger, str]]:
    return [(each.trigger, each.body) for each in events if isinstance(each, ReplyQueued) and each.trigger is not None]


def triggers(events: Sequence[Event]) -> list[MessageTrigger]:
    return [trigger for trigger, _ in told(events)]


def texts(events: Sequence[Event]) -> list[str]:
    return [text for _, text in told(events)]


# What is told of


def begins(world: Playground) -> None:
    world.text()


def is_offered(world: Playground) -> None:
    world.presence("ana")
    world.text()


def is_taken(world: Playground) -> None:
    is_offered(world)
    world.accept()


def is_taken_after_a_transfer(world: Playground) -> None:
    is_taken(world)
    world.presence("ben")
    world.do(TransferConversation(conversation=1, by="ana", rep="ben"))
    world.accept(by="ben")


def is_given_back(world: Playground) -> None:
    is_taken(world)
    world.do(ReleaseConversation(conversation=1, by="ana"))


def loses_its_rep(world: Playground) -> None:
    is_taken(world)
    world.presence("ana", Presence.OFFLINE)
    world.later(150 * SECOND)


def is_ended(world: Playground) -> None:
    is_taken(world)
    world.close()


def is_left_alone(world: Playground) -> None:
    world.text()
    world.later(30 * DAY)


def is_refused_by_everybody(world: Playground) -> None:
    is_offered(world)
    for _ in range(3):
        world.do(DeclineOffer(conversation=1, by="ana"))


def overflows(world: Playground) -> None:
    world.text()


def comes_second(world: Playground) -> None:
    world.text()
    world.text(customer=OTHER)


def waits_where_the_pace_is_known(world: Playground) -> None:
    world.presence("ana")
    for each in range(5):
        world.text(customer=f"+1415555020{each}")

    for each in range(1, 5):
        world.accept(each)
        world.later(4 * MINUTE)
        world.close(each)

    world.accept(5)
    world.text(customer=OTHER)


FIRES: dict[MessageTrigger, tuple[Callable[[Playground], None], str, str]] = {
    MessageTrigger.GREETING: (begins, "Welcome to {number}, {customer_name|friend}", f"Welcome to {OURS}, friend"),
    MessageTrigger.HOLIDAY: (begins, "{holiday} until {opens_at}", "Founders' Day until Monday, 9:00 AM"),
    MessageTrigger.OUT_OF_HOURS: (begins, "Back at {opens_at}", "Back at 6:00 PM"),
    MessageTrigger.POSITION: (comes_second, "{position} on {queue_name}", "2 on general"),
    MessageTrigger.NEXT_IN_LINE: (begins, "You are {position}", "You are 1"),
    MessageTrigger.EXPECTED_WAIT: (waits_where_the_pace_is_known, "About {expected_wait}", "About 4 minutes"),
    MessageTrigger.UNASSIGNABLE: (is_refused_by_everybody, "Nobody is there", "Nobody is there"),
    MessageTrigger.OVERFLOW_END: (overflows, "Too busy, {customer_name|friend}", "Too busy, friend"),
    MessageTrigger.OVERFLOW_LATER: (overflows, "We answer on {answer_at}", "We answer on Monday, 9:00 AM"),
    MessageTrigger.ASSIGNED: (is_offered, "{rep_name} is coming", "Ana is coming"),
    MessageTrigger.JOINED: (is_taken, "{rep_name} is here", "Ana is here"),
    MessageTrigger.TRANSFER_ACCEPTED: (is_taken_after_a_transfer, "{rep_name} goes on", "ben goes on"),
    MessageTrigger.LEFT: (is_given_back, "{rep_name} has left", "Ana has left"),
    MessageTrigger.DISCONNECTED: (loses_its_rep, "{rep_name} was cut off", "Ana was cut off"),
    MessageTrigger.ENDED: (is_ended, "{rep_name} says bye", "Ana says bye"),
    MessageTrigger.INACTIVITY: (is_left_alone, "Bye", "Bye"),
}

DOES = {MessageTrigger.OVERFLOW_END: OverflowAction.END, MessageTrigger.OVERFLOW_LATER: OverflowAction.LATER}


def overflowing(do: OverflowAction) -> dict[str, object]:
    """Have the fallback queue do this with whatever comes while it is closed, and it is."""
    rule = Overflow(when=OverflowCondition.OUT_OF_HOURS, do=do)
    queue = replace(CONFIG.queues[0], hours="office", overflow=(rule,))
    return {"hours": (WEEKDAYS,), "queues": (queue, CONFIG.queues[1])}


HOURS = {MessageTrigger.HOLIDAY: HOLIDAY, MessageTrigger.OUT_OF_HOURS: EVENING}


@pytest.mark.parametrize("trigger", MessageTrigger, ids=lambda each: each.value)
def test_each_trigger_tells_what_has_happened_once(trigger: MessageTrigger) -> None:
    happens, text, expected = FIRES[trigger]
    alone = trigger is MessageTrigger.EXPECTED_WAIT
    reps = (Rep(name="ana", display_name="Ana", capacity=1 if alone else 2), *CONFIG.reps[1:])
    changes = open_in(HOURS[trigger]) if trigger in HOURS else {}
    if trigger in DOES:
        changes = overflowing(DOES[trigger])

    world = world_with(says(trigger, text), reps=reps, **changes)
    happens(world)

    assert told(world.journal)[-1:] == [(trigger, expected)]
    assert len(told(world.journal)) == 1
    assert Board.replay(CONFIG.name, world.journal).snapshot() == world.board.snapshot()
    assert Board.restore(world.board.snapshot()).snapshot() == world.board.snapshot()


def test_nothing_is_told_that_is_not_configured() -> None:
    for happens, _, _ in FIRES.values():
        world = Playground()
        happens(world)
        assert told(world.journal) == []


def test_a_conversation_is_told_of_from_its_beginning_to_its_end_in_order() -> None:
    world = world_with(*EVERYTHING)
    is_offered(world)
    world.accept()
    world.close()
    assert triggers(world.journal) == [
        MessageTrigger.GREETING,
        MessageTrigger.ASSIGNED,
        MessageTrigger.JOINED,
        MessageTrigger.ENDED,
    ]


def test_a_holiday_is_told_of_as_closed_where_nothing_is_said_of_holidays() -> None:
    both = (says(MessageTrigger.HOLIDAY), says(MessageTrigger.OUT_OF_HOURS))
    assert triggers(world_with(*both, **open_in(HOLIDAY)).text()) == [MessageTrigger.HOLIDAY]
    assert triggers(world_with(both[1], **open_in(HOLIDAY)).text()) == [MessageTrigger.OUT_OF_HOURS]
    assert triggers(world_with(*both, **open_in(WEEKDAYS)).text()) == [MessageTrigger.OUT_OF_HOURS]


def test_the_hours_of_a_number_go_before_its_channels() -> None:
    open_now = replace(EVENING, name="all day", weekly=(replace(EVENING.weekly[0], opens="00:00", closes="24:00"),))
    changes: dict[str, object] = {
        "hours": (EVENING, open_now),
        "channels": (replace(CONFIG.channels[0], hours="office"),),
        "numbers": (*CONFIG.numbers, replace(CONFIG.numbers[0], address=SECOND_NUMBER, hours="all day")),
    }
    world = world_with(says(MessageTrigger.OUT_OF_HOURS), **changes)
    assert triggers(world.text()) == [MessageTrigger.OUT_OF_HOURS]
    assert triggers(world.text(recipient=SECOND_NUMBER)) == []


def test_closed_hours_are_told_of_once_for_each_time_that_a_conversation_begins() -> None:
    world = world_with(says(MessageTrigger.OUT_OF_HOURS), says(MessageTrigger.GREETING), **open_in(EVENING))
    assert triggers(world.text()) == [MessageTrigger.GREETING, MessageTrigger.OUT_OF_HOURS]
    world.later(MINUTE)
    assert triggers(world.text("are you there?")) == []
    world.close(by="sue")
    world.later(MINUTE)
    assert triggers(world.text("again")) == [MessageTrigger.OUT_OF_HOURS]


def test_a_queue_that_nobody_serves_is_told_of_at_once_and_a_queue_whose_reps_are_away_is_not() -> None:
    messages = (says(MessageTrigger.UNASSIGNABLE), says(MessageTrigger.NEXT_IN_LINE))
    assert triggers(world_with(*messages).text()) == [MessageTrigger.NEXT_IN_LINE]
    unserved = (Queue(name="general"), CONFIG.queues[1])
    assert triggers(world_with(*messages, queues=unserved).text()) == [MessageTrigger.UNASSIGNABLE]


def test_who_comes_back_to_a_parked_conversation_has_not_joined() -> None:
    world = world_with(says(MessageTrigger.JOINED), says(MessageTrigger.ASSIGNED))
    is_taken(world)
    world.park()
    world.later(MINUTE)
    world.text("and another thing")
    world.accept()
    assert triggers(world.journal) == [MessageTrigger.ASSIGNED, MessageTrigger.JOINED]


def test_a_transfer_is_told_of_as_leaving_offering_and_joining() -> None:
    usual = (says(MessageTrigger.LEFT, "{rep_name} left"), says(MessageTrigger.ASSIGNED, "{rep_name} comes"))
    joined = says(MessageTrigger.JOINED, "{rep_name} joined")
    world = world_with(*usual, joined)
    is_taken_after_a_transfer(world)
    assert texts(world.journal) == ["ana comes", "ana joined", "ana left", "ben comes", "ben joined"]


def test_a_supervisor_who_takes_over_by_writing_is_not_announced_after_their_own_text() -> None:
    world = world_with(*EVERYTHING)
    is_taken(world)
    before = len(world.journal)
    world.presence("sue")
    world.reply("I am the supervisor", by="sue")
    assert told(world.journal[before:]) == []


# Places in line


def test_places_are_told_on_coming_and_being_next_once() -> None:
    world = world_with(says(MessageTrigger.POSITION, "{position}"), says(MessageTrigger.NEXT_IN_LINE, "next"))
    for customer in (CUSTOMER, OTHER, THIRD):
        world.text(customer=customer)

    assert texts(world.journal) == ["next", "2", "3"]
    world.presence("sue")
    before = len(world.journal)
    world.pick(1, by="sue")
    assert [(each.conversation, each.body) for each in world.journal[before:] if isinstance(each, ReplyQueued)] == [
        (2, "next")
    ]
    before = len(world.journal)
    world.later(MINUTE)
    world.text("still here", customer=OTHER)
    world.close(3, by="sue")
    assert told(world.journal[before:]) == []


def test_whoever_declines_does_not_make_a_customer_next_again() -> None:
    world = world_with(says(MessageTrigger.NEXT_IN_LINE))
    world.text()
    world.presence("ana")
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert triggers(world.journal) == [MessageTrigger.NEXT_IN_LINE]


def test_who_is_moved_to_another_queue_is_told_their_place_there() -> None:
    world = world_with(says(MessageTrigger.NEXT_IN_LINE, "next on {queue_name}"))
    comes_second(world)
    world.do(TransferConversation(conversation=1, by="sue", queue="second"))
    assert texts(world.journal) == ["next on general", "next on second", "next on general"]


@pytest.mark.parametrize(
    ("length", "language", "words"),
    [
        (1, "", "1 minute"),
        (10 * MINUTE, "en", "10 minutes"),
        (10 * MINUTE + 1, "en-GB", "15 minutes"),
        (90 * MINUTE, "es-MX", "90 minutos"),
        (90 * MINUTE + 1, "de", "2 Stunden"),
        (5 * HOUR, "ja", "5 時間"),
        (MINUTE, "xx-Pirate", "1 minute"),
    ],
)
def test_a_wait_is_told_in_words_and_rounded_up(length: int, language: str, words: str) -> None:
    assert times_in(language).length(length) == words


@pytest.mark.parametrize(
    ("language", "today", "this_week", "later", "next_year"),
    [
        ("", "8:00 AM", "Monday, 8:00 AM", "December 28, 8:00 AM", "December 28, 2027, 8:00 AM"),
        ("en-GB", "08:00", "Monday, 08:00", "28 December, 08:00", "28 December 2027, 08:00"),
        ("es-MX", "8:00 a.m.", "lunes, 8:00 a.m.", "28 de diciembre, 8:00 a.m.", "28 de diciembre de 2027, 8:00 a.m."),
        ("de", "08:00", "Montag, 08:00", "28. Dezember, 08:00", "28. Dezember 2027, 08:00"),
        ("ja", "8:00", "月曜日 8:00", "12月28日 8:00", "2027年12月28日 8:00"),
    ],
)
def test_a_moment_is_told_as_people_say_it_and_its_day_where_that_is_not_today(
    language: str, today: str, this_week: str, later: str, next_year: str
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    times = times_in(language)
    monday = datetime(2026, 12, 28, 8, tzinfo=berlin)

    assert times.moment(monday, monday.replace(hour=0)) == today
    assert times.moment(monday, monday.replace(day=22)) == this_week
    assert times.moment(monday, monday.replace(day=21, hour=23)) == later
    assert times.moment(monday.replace(year=2027), monday) == next_year


@pytest.mark.parametrize("language", ["", "es", "bg", "fr", "fa"])
def test_a_moment_has_no_space_that_makes_a_text_twice_as_long(language: str) -> None:
    now = datetime(2026, 11, 27, 23, tzinfo=ZoneInfo("UTC"))

    for days in (0, 1, 9, 400):
        told = times_in(language).moment(now + timedelta(days=days), now)
        assert not {"\u00a0", "\u202f"} & set(told)


def test_midnight_is_that_of_the_place_where_it_opens() -> None:
    """It is Sunday, 15:06 in UTC: in Auckland it is Monday, and what opens there at nine opens today."""
    auckland = replace(WEEKDAYS, time_zone="Pacific/Auckland")
    world = world_with(says(MessageTrigger.OUT_OF_HOURS, "Back at {opens_at}"), **open_in(auckland))

    assert texts(world.text()) == ["Back at 9:00 AM"]


# Which text


def test_a_number_goes_before_its_channel_and_that_before_everything() -> None:
    greeting = MessageTrigger.GREETING
    numbers = (
        *CONFIG.numbers,
        Number(address=SECOND_NUMBER, channel="main", kind=NumberKind.TOLL_FREE, workstream="support"),
        Number(address="+18005550102", channel="other", kind=NumberKind.TOLL_FREE, workstream="support"),
    )
    channels = (*CONFIG.channels, Channel(name="other", provider="twilio"))
    messages = (says(greeting, "general"), says(greeting, "main", channel="main"), says(greeting, "ours", number=OURS))
    world = world_with(*messages, numbers=numbers, channels=channels)
    assert texts(world.text()) == ["ours"]
    assert texts(world.text(recipient=SECOND_NUMBER)) == ["main"]

    silenced = (*messages[:2], says(greeting, "ours", number=OURS, active=False))
    world = world_with(*silenced, numbers=numbers, channels=channels)
    assert texts(world.text()) == []
    assert texts(world.text(recipient=SECOND_NUMBER)) == ["main"]

    world = world_with(messages[0], replace(messages[1], channel="other"), numbers=numbers, channels=channels)
    assert texts(world.text()) == ["general"]


def spoken_to(language: str | None, number_language: str, **locales: str) -> list[str]:
    rules = (RuleSet(name="language", rules=(Rule(name="tell", then=Outputs(language=language)),)),) if language else ()
    world = world_with(
        says(MessageTrigger.GREETING, "Hello", locales={tag.replace("_", "-"): text for tag, text in locales.items()}),
        numbers=(replace(CONFIG.numbers[0], language=number_language),),
        workstreams=(replace(CONFIG.workstreams[0], classification=rules),),
    )
    return texts(world.text())


def test_a_text_is_in_the_customers_language_else_the_numbers_else_as_it_stands() -> None:
    spanish = {"es": "Hola", "es_MX": "Qué onda"}
    assert spoken_to("es-MX", "", **spanish) == ["Qué onda"]
    assert spoken_to("es-mx", "", **spanish) == ["Qué onda"]
    assert spoken_to("es-AR", "", **spanish) == ["Hola"]
    assert spoken_to("fr", "es", **spanish) == ["Hello"]
    assert spoken_to(None, "es", **spanish) == ["Hola"]
    assert spoken_to(None, "", **spanish) == ["Hello"]


def with_context(context: dict[str, str | int], text: str) -> list[str]:
    rules = (RuleSet(name="names", rules=(Rule(name="tell", then=Outputs(context=context)),)),)
    workstreams = (replace(CONFIG.workstreams[0], classification=rules),)
    return texts(world_with(says(MessageTrigger.GREETING, text), workstreams=workstreams).text())


def test_context_variables_are_filled_in_and_never_read_as_slugs() -> None:
    assert with_context({"customer_name": "Kim", "tier": 3}, "{customer_name}: {context.tier}") == ["Kim: 3"]
    assert with_context({"customer_name": "{number}"}, "{customer_name}") == ["{number}"]
    assert with_context({"customer_name": "a\x00\n\x1b[31m b\u2028"}, "<{customer_name}>") == ["<a [31m b>"]
    assert with_context({"customer_name": " \n"}, "{customer_name|there}") == ["there"]
    assert with_context({"customer_name": "Kim"}, "{{customer_name}} {{}}") == ["{customer_name} {}"]


def test_a_customer_with_a_name_is_called_by_it() -> None:
    greeting = says(MessageTrigger.GREETING, "Hi {customer_name|there}")
    world = world_with(greeting, customers=(Customer(number=CUSTOMER, name="Kim"),))
    assert texts(world.text()) == ["Hi Kim"]
    assert texts(world.text(customer=OTHER)) == ["Hi there"]


def test_a_text_that_becomes_too_long_is_cut_before_a_word() -> None:
    channels = (replace(CONFIG.channels[0], max_characters=30),)
    names = {"customer_name": "Maximilian Alexander Ferdinand"}
    rules = (RuleSet(name="names", rules=(Rule(name="tell", then=Outputs(context=dict(names))),)),)
    workstreams = (replace(CONFIG.workstreams[0], classification=rules),)
    greeting = says(MessageTrigger.GREETING, "Hello {customer_name}!")
    world = world_with(greeting, channels=channels, workstreams=workstreams)
    assert texts(world.text()) == ["Hello Maximilian Alexander"]


def test_typography_is_encoded_as_in_other_texts() -> None:
    channels = (replace(CONFIG.channels[0], smart_encoding=True),)
    assert texts(world_with(says(MessageTrigger.GREETING, "We\u2019re here\u2026"), channels=channels).text()) == [
        "We're here..."
    ]


# What it is not


def test_an_automated_message_answers_nobody() -> None:
    world, plain = world_with(*EVERYTHING), Playground()
    for each in (world, plain):
        is_taken(each)
        each.later(MINUTE)
        each.text("hello?")

    told_of, alone = world.conversation(), plain.conversation()
    assert told_of.unanswered_since == alone.unanswered_since is not None
    assert told_of.replied_at == alone.replied_at == 0
    assert told_of.updated_at == alone.updated_at
    assert world.board.next_deadline == plain.board.next_deadline


def test_it_says_that_it_is_automated_and_expires() -> None:
    world = world_with(says(MessageTrigger.GREETING))
    world.text()
    [message] = [each for each in world.board.messages.values() if each.trigger is not None]
    assert (message.author, message.trigger, message.compliance) == ("system", MessageTrigger.GREETING, False)
    assert message.expires_at == world.at + 5 * MINUTE


def test_who_has_opted_out_is_told_nothing_and_what_is_queued_is_taken_back() -> None:
    world = world_with(*EVERYTHING)
    world.text()
    queued = [each.id for each in world.board.messages.values() if each.trigger is not None]
    before = len(world.journal)
    world.text("STOP")
    for each in queued:
        assert isinstance(world.do(StartSending(message=each, key=str(each)))[0], SendCanceled)

    world.later(MINUTE)
    world.text("hello again")
    world.presence("ana")
    world.accept()
    assert told(world.journal[before:]) == []


# Machines


def test_no_more_than_so_many_are_sent_in_any_hour() -> None:
    world = world_with(
        says(MessageTrigger.JOINED), workstreams=(replace(CONFIG.workstreams[0], automated_per_hour=2, wrap_up=0),)
    )
    world.presence("ana")
    world.text()
    sent = []
    for _ in range(12):
        world.accept()
        sent.append(len(told(world.journal)))
        world.later(20 * MINUTE)
        world.do(ReleaseConversation(conversation=1, by="sue"))

    assert sent[:6] == [1, 2, 2, 3, 4, 4]
    assert Board.replay(CONFIG.name, world.journal).snapshot() == world.board.snapshot()


def test_none_at_all_are_sent_where_none_are_allowed() -> None:
    world = world_with(*EVERYTHING, workstreams=(replace(CONFIG.workstreams[0], automated_per_hour=0),))
    assert told(world.text()) == []


def texts_to_a_machine(answers: Callable[[int], str], *, after: int, reopen_window: int) -> int:
    """Have a machine answer whatever it gets, somebody end each conversation, and count what it was texted."""
    stream = replace(CONFIG.workstreams[0], reopen_window=reopen_window)
    world = world_with(says(MessageTrigger.OUT_OF_HOURS), **open_in(WEEKDAYS), workstreams=(stream,))
    got = told(world.text("is anybody there?"))
    count = 0
    while got:
        count += len(got)
        assert count < 100, "it does not come to an end"
        world.close(world.board.counters.conversation, by="sue")
        world.later(after)
        got = told(world.text(answers(count)))

    return count


@pytest.mark.parametrize("reopen_window", [0, DAY])
def test_two_machines_that_answer_each_other_come_to_an_end(reopen_window: int) -> None:
    def same(_: int) -> str:
        return "I am driving"

    def another(each: int) -> str:
        return f"Ticket {each}"

    assert texts_to_a_machine(same, after=SECOND, reopen_window=reopen_window) == 1
    assert texts_to_a_machine(another, after=SECOND, reopen_window=reopen_window) == 1
    assert texts_to_a_machine(same, after=11 * SECOND, reopen_window=reopen_window) == 2
    assert texts_to_a_machine(another, after=11 * SECOND, reopen_window=reopen_window) == 5  # all that an hour allows


def test_a_clock_that_is_set_back_makes_no_machine_of_anybody() -> None:
    world = world_with(says(MessageTrigger.OUT_OF_HOURS), **open_in(EVENING))
    assert triggers(world.text()) == [MessageTrigger.OUT_OF_HOURS]

    world.close(by="sue")
    world.at -= 30 * MINUTE
    assert triggers(world.text("and another thing")) == [MessageTrigger.OUT_OF_HOURS]


def test_a_machine_that_answers_the_end_of_what_overflowed_comes_to_an_end() -> None:
    stream = replace(CONFIG.workstreams[0], reopen_window=0)
    world = world_with(says(MessageTrigger.OVERFLOW_END), workstreams=(stream,), **overflowing(OverflowAction.END))
    count = 0
    while told(world.text(f"Ticket {count}")):
        count += 1
        world.later(MINUTE)

    assert count == 5


def test_a_person_of_ours_in_between_makes_it_a_conversation_again() -> None:
    world = world_with(says(MessageTrigger.ENDED), says(MessageTrigger.OUT_OF_HOURS), **open_in(WEEKDAYS))
    is_taken(world)
    world.reply("How can I help?")
    world.later(SECOND)
    world.text("ok")
    assert world.close()[-1].trigger is MessageTrigger.ENDED  # type: ignore[union-attr]  # it is a ReplyQueued


CUSTOMERS = st.sampled_from([CUSTOMER, OTHER])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("text"), CUSTOMERS, st.sampled_from(["hello", "I am driving", "STOP", "START", "HELP"])),
        st.tuples(st.just("wait"), st.sampled_from([SECOND, 9 * SECOND, 2 * MINUTE, 21 * MINUTE]), st.none()),
        st.tuples(st.sampled_from(["accept", "close", "release", "decline", "reply"]), st.integers(1, 3), st.none()),
        st.tuples(st.just("presence"), st.sampled_from(Presence), st.none()),
    ),
    max_size=40,
)
CLOSED_AND_TELLING = replace(
    CONFIG,
    automated_messages=EVERYTHING,
    workstreams=(replace(CONFIG.workstreams[0], automated_per_hour=3, reopen_window=MINUTE),),
    hours=(WEEKDAYS,),
    numbers=(replace(CONFIG.numbers[0], hours="office"),),
)


def take(world: Playground, step: tuple[str, object, object]) -> None:
    match step:
        case ("text", str() as customer, str() as body):
            world.text(body, customer=customer)
        case ("wait", int() as length, _):
            world.later(length)
        case ("accept", int() as which, _):
            world.accept(which)
        case ("close", int() as which, _):
            world.close(which, by="sue")
        case ("release", int() as which, _):
            world.do(ReleaseConversation(conversation=which, by="sue"))
        case ("decline", int() as which, _):
            world.do(DeclineOffer(conversation=which, by="ana"))
        case ("reply", int() as which, _):
            world.reply(conversation=which)
        case ("presence", Presence() as presence, _):
            world.presence("ana", presence)


@settings(max_examples=150)
@given(steps=STEPS)
def test_whatever_happens_there_are_never_too_many_nor_any_to_a_machine_or_after_an_opt_out(
    steps: list[tuple[str, object, object]],
) -> None:
    world = Playground(CLOSED_AND_TELLING)
    sent: dict[str, list[int]] = {CUSTOMER: [], OTHER: []}
    last: dict[str, int | None] = {CUSTOMER: None, OTHER: None}
    opted_out: set[str] = set()
    for step in steps:
        before = len(world.journal)
        try:
            take(world, step)
        except CordboardError:
            continue

        machines = set()
        for event in world.journal[before:]:
            match event:
                case CustomerOptedOut():
                    opted_out.add(event.customer)
                case CustomerOptedIn():
                    opted_out.discard(event.customer)
                case MessageReceived():
                    latest = last[event.customer]
                    if latest is not None and abs(event.at - latest) < MACHINES_ANSWER_WITHIN:
                        machines.add(event.customer)
                case ReplyQueued() if event.trigger is not None:
                    customer = world.conversation(event.conversation).customer
                    assert customer not in machines | opted_out
                    sent[customer].append(event.at)
                    last[customer] = event.at
                    assert sum(1 for each in sent[customer] if each > event.at - WINDOW) <= 3
                case ReplyQueued() if event.answers is None:
                    last[world.conversation(event.conversation).customer] = None
                case _:
                    pass

    assert Board.replay(CONFIG.name, world.journal).snapshot() == world.board.snapshot()
