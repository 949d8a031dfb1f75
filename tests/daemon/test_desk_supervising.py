"""What the desk shows of routing, and what supervisors do there with many conversations."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs
from tests.daemon.test_desk import HTMX, browser, part

from cordboard.engine.commands import CloseConversation
from cordboard.engine.config import HOUR, MINUTE, Customer, Overflow, Queue, Skill
from cordboard.engine.hours import Holiday, Opening, OperatingHours
from cordboard.engine.routing_words import OverflowAction, OverflowCondition, SkillMatching, WrapUp
from cordboard.engine.rules import Outputs, Rule, RuleSet
from cordboard.engine.vocabulary import Presence

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon


def words(shown: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())


def listed(shown: str) -> list[int]:
    return [int(each) for each in re.findall(r'id="ongoing-(\d+)"', shown)]


async def three_go_on(daemon: Daemon) -> None:
    """1 is with ana, 2 waits on general, 3 waits on billing."""
    await daemon.say("ana")
    await daemon.text("First", to=daemon.picked, customer="+14155550101")
    await daemon.text("Second", to=daemon.picked, customer="+14155550102")
    await daemon.text("Third", to=daemon.billing, customer="+14155550103")
    await daemon.as_("ana").post("/v1/conversations/1/pick")


async def bulk(client: httpx.AsyncClient, **form: object) -> httpx.Response:
    return await client.post("/desk/bulk", data=form, headers=HTMX)


async def test_supervisors_see_all_that_goes_on_by_state_queue_and_rep(daemon: Daemon) -> None:
    await three_go_on(daemon)
    async with browser(daemon, "sue") as sue:
        everything = (await sue.get("/desk/ongoing")).text
        assert listed(everything) == [1, 2, 3]
        assert "3 conversations" in words(everything)
        for query, expected in (
            ("state=waiting", [2, 3]),
            ("state=waiting&queue=billing", [3]),
            ("state=active", [1]),
            ("state=parked", []),
            ("state=escalated", []),
            ("rep=ana", [1]),
            ("rep=ben", []),
            ("state=nonsense", [1, 2, 3]),
        ):
            assert listed(await part(sue, f"/desk/parts/ongoing?{query}")) == expected, query

        await daemon.as_("ana").post("/v1/conversations/1/park")
        assert listed(await part(sue, "/desk/parts/ongoing?state=parked&rep=ana")) == [1]


async def test_a_choice_is_kept_by_the_part_and_by_the_address(daemon: Daemon) -> None:
    async with browser(daemon, "sue") as sue:
        answer = await sue.get("/desk/parts/ongoing?queue=billing&state=waiting", headers=HTMX)

    assert answer.headers["hx-replace-url"] == "/desk/ongoing?state=waiting&queue=billing"
    assert 'data-source="/desk/parts/ongoing?state=waiting&amp;queue=billing"' in answer.text


async def test_escalated_conversations_come_first_and_are_marked(daemon: Daemon) -> None:
    await daemon.text("First", customer="+14155550101")
    await daemon.say("ana")
    await daemon.say("ben")
    await daemon.text("Second", customer="+14155550102")
    for each in ("ben", "ana") * 3:
        await daemon.as_(each).post("/v1/conversations/2/decline")

    assert daemon.engine.board.conversations[2].escalated_at is not None
    async with browser(daemon, "sue") as sue:
        shown = await part(sue, "/desk/parts/ongoing")
        assert listed(shown) == [2, 1]
        assert words(shown).count("Escalated") == 2  # what can be chosen, and the one
        assert listed(await part(sue, "/desk/parts/ongoing?state=escalated")) == [2]


async def test_supervisors_move_those_they_selected_and_read_what_was_not_done_and_why(daemon: Daemon) -> None:
    await three_go_on(daemon)
    async with browser(daemon, "sue") as sue:
        answer = await bulk(sue, do="transfer", to="rep:ana", conversation=["1", "2", "3"], why="she  knows them ")

    assert answer.status_code == 200
    assert words(answer.text) == "2 moved. 1 could not be moved: ana has this conversation already. +1 415 555 0101"
    assert 'data-refused="1"' in answer.text
    assert [daemon.engine.board.conversations[each].holder for each in (1, 2, 3)] == ["ana"] * 3
    events = await daemon.engine.history.events("test", conversation=2)
    assert (getattr(events[-1], "by", ""), getattr(events[-1], "why", "")) == ("sue", "she knows them")


async def test_supervisors_take_over_release_and_end_what_they_selected(daemon: Daemon) -> None:
    await three_go_on(daemon)
    await daemon.say("sue")
    async with browser(daemon, "sue") as sue:
        assert words((await bulk(sue, do="take_over", conversation=["1", "2"])).text) == "2 taken over."
        assert words((await bulk(sue, do="release", conversation="2")).text) == "1 put back on queue."
        assert words((await bulk(sue, do="close", all="yes", in_state="waiting")).text) == "2 ended."

    assert list(daemon.engine.board.conversations) == [1]


async def test_supervisors_give_conversations_to_a_rep_whatever_is_against_it(daemon: Daemon) -> None:
    await three_go_on(daemon)
    await daemon.say("ana", Presence.DO_NOT_DISTURB)
    async with browser(daemon, "sue") as sue, browser(daemon, "ana") as ana:
        assert 'name="override"' in await part(sue, "/desk/conversations/2")
        assert 'name="override"' not in await part(ana, "/desk/conversations/1")
        assert "1 could not be moved" in words((await bulk(sue, do="transfer", to="rep:ana", conversation="2")).text)
        answer = await bulk(sue, do="transfer", to="rep:ana", conversation="2", override="yes")
        assert words(answer.text) == "1 moved."
        goal = {"to": "rep:ana", "override": "yes"}
        assert (await ana.post("/desk/conversations/1/transfer", data=goal, headers=HTMX)).status_code == 403
        assert (await sue.post("/desk/conversations/3/transfer", data=goal, headers=HTMX)).status_code == 204
        to_a_queue = await bulk(sue, do="transfer", to="queue:billing", conversation="3", override="yes")
        assert words(to_a_queue.text) == "1 moved."

    assert daemon.engine.board.conversations[2].holder == "ana"


async def test_whom_conversations_can_be_given_to_is_told_with_presence_and_load(daemon: Daemon) -> None:
    await three_go_on(daemon)
    async with browser(daemon, "sue") as sue:
        in_list = await part(sue, "/desk/parts/ongoing")
        in_dialog = await part(sue, "/desk/conversations/2")
        with_ana = await part(sue, "/desk/conversations/1")

    for shown in (in_list, in_dialog):
        assert re.findall(r'value="rep:(?:ana|ben)"[^>]*>([^<]*)<', shown) == [
            "ana · available · 1 of 5",
            "ben · offline · 0 of 5",
        ]

    assert "rep:ana" not in with_ana


async def test_where_conversations_can_be_moved_to_is_told_with_what_is_closed_and_how_many_wait(
    daemon: Daemon,
) -> None:
    config = daemon.engine.board.config
    general, billing = config.queues
    hours = (OperatingHours(name="never"),)
    await daemon.engine.configure(replace(config, hours=hours, queues=(general, replace(billing, hours="never"))))
    await daemon.text()
    async with browser(daemon, "sue") as sue:
        for shown in (await part(sue, "/desk/parts/ongoing"), await part(sue, "/desk/conversations/1")):
            assert re.findall(r'value="queue:[^>]*>([^<]*)<', shown) == ["general · 1 waiting", "billing · closed"]


async def test_supervisors_finish_wrap_ups_that_cannot_be_ended_any_more(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    workstreams = tuple(replace(each, wrap_up=WrapUp.ALWAYS) for each in config.workstreams)
    await daemon.engine.configure(replace(config, workstreams=workstreams))
    await three_go_on(daemon)
    await daemon.as_("ana").post("/v1/conversations/1/close")
    async with browser(daemon, "sue") as sue:
        shown = await part(sue, "/desk/parts/ongoing?state=wrap_up")
        assert listed(shown) == [1]
        assert 'value="1" data-states="closed"' in shown
        assert "so it cannot be ended" in words((await bulk(sue, do="close", conversation="1")).text)
        assert words((await bulk(sue, do="end_wrap_up", conversation="1")).text) == "1 finished."

    assert 1 not in daemon.engine.board.conversations


async def test_a_defect_among_many_is_told_in_words_and_logged(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    await three_go_on(daemon)
    submit = daemon.engine.submit

    async def break_at_two(command: Any, **rest: Any) -> Any:
        if isinstance(command, CloseConversation) and command.conversation == 2:
            raise ZeroDivisionError

        return await submit(command, **rest)

    monkeypatch.setattr(daemon.engine, "submit", break_at_two)
    async with browser(daemon, "sue") as sue:
        with capture_logs() as logged:
            answer = await bulk(sue, do="close", conversation=["2", "3"])

    assert "1 ended. 1 could not be ended: This is a fault of Cordboard" in words(answer.text)
    assert ["ZeroDivisionError" in each["traceback"] for each in logged if each["event"] == "request_failed"] == [True]


async def test_what_is_asked_of_nothing_or_makes_no_sense_is_refused_in_words(daemon: Daemon) -> None:
    await three_go_on(daemon)
    async with browser(daemon, "sue") as sue:
        answers = [
            await bulk(sue, do="close"),
            await bulk(sue, do="close", conversation=["x", "9" * 30]),
            await bulk(sue, do="explode", conversation="1"),
            await bulk(sue, do="transfer", conversation="1"),
        ]

    assert [each.status_code for each in answers] == [404] * 4
    assert "Select a conversation first" in answers[0].text
    assert "Choose a queue or a colleague" in answers[3].text


async def test_the_list_and_what_is_done_with_it_are_for_supervisors(daemon: Daemon) -> None:
    await three_go_on(daemon)
    async with browser(daemon, "ana") as ana:
        assert (await ana.get("/desk/ongoing")).status_code == 403
        assert (await ana.get("/desk/parts/ongoing", headers=HTMX)).status_code == 403
        assert (await bulk(ana, do="close", conversation="2")).status_code == 403
        assert "/desk/ongoing" not in (await ana.get("/desk/")).text

    assert daemon.engine.board.conversations[2].state.value == "queued"


async def test_a_supervisor_without_scripts_sees_the_list_again_with_what_came_of_it(daemon: Daemon) -> None:
    await three_go_on(daemon)
    async with browser(daemon, "sue") as sue:
        answer = await sue.post("/desk/bulk", data={"do": "close", "conversation": "2", "in_queue": "general"})

    assert "1 ended." in words(answer.text)
    assert listed(answer.text) == [1]


async def test_a_conversation_is_taken_over_from_its_page(daemon: Daemon) -> None:
    await three_go_on(daemon)
    await daemon.say("sue")
    async with browser(daemon, "sue") as sue, browser(daemon, "ana") as ana:
        assert "take_over" not in await part(ana, "/desk/conversations/1")
        assert "/desk/conversations/1/take_over" in await part(sue, "/desk/conversations/1")
        answer = await sue.post("/desk/conversations/1/take_over", headers=HTMX)
        assert answer.status_code == 204
        assert "take_over" not in await part(sue, "/desk/conversations/1")

    assert daemon.engine.board.conversations[1].holder == "sue"


async def test_the_overview_says_which_queues_are_open_and_when_that_changes(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    now = datetime.now(UTC)
    soon = (now + timedelta(days=2)).date()
    until = (now + timedelta(days=1)).date()
    hours = (
        OperatingHours(name="never"),
        OperatingHours(
            name="soon",
            holidays=(Holiday(name="Opening", date=soon, openings=(Opening(opens="09:30", closes="17:00"),)),),
        ),
        OperatingHours(
            name="now",
            holidays=(
                Holiday(name="Today", date=now.date(), until=until, openings=(Opening(opens="00:00", closes="24:00"),)),
            ),
        ),
    )
    queues = (*config.queues, *(Queue(name=each.name, reps=("ana",), hours=each.name) for each in hours))
    await daemon.engine.configure(replace(config, queues=queues, hours=hours))
    async with browser(daemon, "sue") as sue:
        shown = await part(sue, "/desk/parts/overview")

    said = {name: words(row) for name, row in re.findall(r'<tr id="line-(\w+)">.*?<td>(.*?)</td>', shown, re.DOTALL)}
    opening, closing = (f"{each:%a} {each.day} {each:%b}" for each in (soon, until + timedelta(days=1)))
    assert said == {
        "general": "open",
        "billing": "open",
        "never": "closed",
        "soon": f"closed , opens {opening}, 09:30",
        "now": f"open until {closing}, 00:00",
    }
    due = re.search(r'data-due="(\d+)"', shown)
    assert due is not None, "the page asks again when a queue opens or closes"
    assert datetime.fromtimestamp(int(due[1]) / 1000, UTC).date() == soon


async def test_what_a_conversation_needs_and_its_priority_stand_in_the_lists_and_on_its_page(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    urgent = RuleSet(name="topics", rules=(Rule(name="urgent", then=Outputs(priority=7)),))
    support = replace(
        config.workstreams[0],
        skills={"billing": 3},
        skill_matching=SkillMatching.CLOSEST,
        classification=(urgent,),
    )
    await daemon.engine.configure(replace(config, workstreams=(support, *config.workstreams[1:])))
    await daemon.text()
    await daemon.say("ana")
    async with browser(daemon, "ana") as ana:
        offers = words(await part(ana, "/desk/parts/mine"))
        assert "waits for < 1 min" in offers
        assert "Priority 7 billing 3" in offers
        shown = words(await part(ana, "/desk/conversations/1"))
        assert "Priority 7 billing 3" in shown
        assert "Needs billing 3" in shown
        why = words(await part(ana, "/desk/conversations/1/why"))
        assert "ana was the only one who could take it, and billing 3 was asked for." in why
        assert "Rule “urgent” of “topics” applied" in why


async def test_the_language_and_the_context_that_rules_gave_stand_beside_what_is_needed(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    given = Outputs(language="es", context={"order_number": 4711, "topic": "a <refund>", "tier": "gold", "new": "yes"})
    rules = (RuleSet(name="topics", rules=(Rule(name="all", then=given),)),)
    support = replace(config.workstreams[0], classification=rules)
    await daemon.engine.configure(replace(config, workstreams=(support, *config.workstreams[1:])))
    await daemon.text()
    async with browser(daemon, "ana") as ana, browser(daemon, "sue") as sue:
        for shown in (await part(ana, "/desk/parts/waiting"), await part(sue, "/desk/parts/ongoing")):
            assert "writes es order number: 4711 topic: a <refund> and 2 more" in words(shown)
            assert "topic: a &lt;refund&gt;" in shown
            assert 'title="tier: gold, new: yes"' in shown

        page = words(await part(ana, "/desk/conversations/1"))
        assert "writes es order number: 4711 topic: a <refund> tier: gold and 1 more" in page
        assert "Language es order number 4711 topic a <refund> tier gold new yes Conversation" in page
        await daemon.as_("sue").post("/v1/conversations/1/close")
        assert "writes es" not in words(await part(sue, "/desk/conversations/1"))


async def test_why_tells_what_keeps_a_waiting_conversation_from_everybody(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    support = replace(config.workstreams[0], skills={"billing": 3}, skill_matching=SkillMatching.EXACT)
    await daemon.engine.configure(
        replace(config, workstreams=(support, *config.workstreams[1:]), skills=(Skill(name="billing"),))
    )
    await daemon.text()
    await daemon.say("ana")
    async with browser(daemon, "ana") as ana:
        told = words(await part(ana, "/desk/conversations/1/why"))
        hidden = await ana.get("/desk/conversations/2/why", headers=HTMX)

    assert "nobody goes before it on general. It needs billing 3." in told
    assert "ana : needs billing 3 (has none)" in told
    assert "ben : offline" in told
    assert "On queue general, the workstream's own" in told
    assert hidden.status_code == 404


async def test_why_tells_what_will_change_by_itself_for_a_waiting_conversation_and_when(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    later = Overflow(when=OverflowCondition.WAITED, over=20 * MINUTE, do=OverflowAction.LATER)
    general = replace(config.queues[0], overflow=(later,), escalate_after=26 * HOUR)
    await daemon.engine.configure(replace(config, queues=(general, *config.queues[1:])))
    await daemon.text()
    async with browser(daemon, "ana") as ana:
        told = words(await part(ana, "/desk/conversations/1/why"))

    _, _, told = told.partition("What changes by itself, if nothing else happens before: ")
    assert re.search(r"its queue overflows, and its customer is told when to expect an answer .*it is escalated", told)
    assert re.search(r"\w{3} \d+ \w{3} \d{4}, \d\d:\d\d it is escalated", told), "it is not today"


async def test_why_tells_why_a_conversation_is_with_its_rep(daemon: Daemon) -> None:
    await daemon.say("ana")
    await daemon.say("ben")
    await daemon.text()
    (holder,) = [each for each in ("ana", "ben") if daemon.engine.board.load_of(each)]
    async with browser(daemon, "sue") as sue:
        assert f"{holder} had the most capacity free, of 2 who could take it" in words(
            await part(sue, "/desk/conversations/1/why")
        )
        await daemon.as_("sue").post(
            "/v1/conversations/1/transfer", json={"rep": "ben" if holder == "ana" else "ana", "why": "a friend"}
        )
        assert "sue gave it to" in words(await part(sue, "/desk/conversations/1/why"))
        assert "“a friend”" in words(await part(sue, "/desk/conversations/1/why"))
        await daemon.say("sue")
        await daemon.as_("sue").post("/v1/conversations/1/take_over")
        assert "sue took it." in words(await part(sue, "/desk/conversations/1/why"))


async def test_what_a_person_gave_as_a_reason_is_told_as_they_wrote_it(daemon: Daemon) -> None:
    await daemon.say("ana")
    await daemon.text()
    async with browser(daemon, "ana") as ana:
        await daemon.as_("ana").post("/v1/conversations/1/accept")
        await daemon.as_("ana").post("/v1/conversations/1/transfer", json={"queue": "billing", "why": "offline"})
        page = words(await part(ana, "/desk/conversations/1"))

    assert "Transferred to queue billing by ana: offline" in page


async def test_what_the_system_did_by_itself_is_told_in_words(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    general, billing = config.queues
    closed = Overflow(when=OverflowCondition.OUT_OF_HOURS, do=OverflowAction.TRANSFER, queue="billing")
    await daemon.engine.configure(
        replace(
            config,
            hours=(OperatingHours(name="never"),),
            queues=(replace(general, hours="never", overflow=(closed,)), replace(billing, reps=("cleo",))),
            workstreams=tuple(replace(each, auto_accept=True) for each in config.workstreams),
        )
    )
    await daemon.say("cleo")
    await daemon.text("Hello")
    async with browser(daemon, "sue") as sue:
        page = words(await part(sue, "/desk/conversations/1"))
        why = words(await part(sue, "/desk/conversations/1/why"))

    assert "out_of_hours" not in page + why
    assert re.search(r"Queue general overflows: it is closed \d\d:\d\d Moved to queue billing \d\d:\d\d", page)
    assert re.search(r"Queue general overflows: it is closed \d\d:\d\d On queue billing$", why)
    assert "Accepted by itself for cleo" in page


@pytest.mark.parametrize(
    ("presence", "picked", "told"),
    [
        (Presence.OFFLINE, 0, "You are offline: nothing is offered."),
        (Presence.AVAILABLE, 0, "Nobody waits on your queues."),
        (
            Presence.AVAILABLE,
            1,
            "1 customer waits; what keeps them from you: general 1 conversation: to be taken, not",
        ),
        (
            Presence.AVAILABLE,
            2,
            "2 customers wait; what keeps them from you: general 2 conversations: to be taken, not",
        ),
    ],
)
async def test_a_rep_reads_why_they_get_nothing(daemon: Daemon, presence: Presence, picked: int, told: str) -> None:
    if presence is not Presence.OFFLINE:
        await daemon.say("ana", presence)

    for each in range(picked):
        await daemon.text(to=daemon.picked, customer=f"+1415555010{each}")

    async with browser(daemon, "ana") as ana:
        assert words(await part(ana, "/desk/reps/ana/why")).startswith(told)


async def test_why_a_rep_who_is_busy_gets_nothing_says_with_what(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    await daemon.engine.configure(
        replace(
            config,
            reps=tuple(replace(each, capacity=3) for each in config.reps),
            workstreams=tuple(replace(each, wrap_up=WrapUp.ALWAYS) for each in config.workstreams),
            customers=(Customer(number="+14155550101", name="Maria"),),
            presence=replace(config.presence, automatic=True),
        )
    )
    await daemon.say("ana")
    for each in (1, 2, 3, 4):
        await daemon.text(customer=f"+1415555010{each}")
        if each in (1, 2):
            await daemon.as_("ana").post(f"/v1/conversations/{each}/accept")

    await daemon.as_("ana").post("/v1/conversations/2/close")
    async with browser(daemon, "sue") as sue, browser(daemon, "ben") as ben:
        told = words(await part(sue, "/desk/reps/ana/why"))
        assert "In use" not in words(await part(ben, "/desk/reps/ben/why"))

    assert told == (
        "ana has no capacity free. Ending or parking a conversation frees some. In use: 3 of 3 units of capacity. "
        "Maria active +1 415 555 0102 in wrap-up +1 415 555 0103 offered "
        "general 1 conversation: too little capacity free"
    )


async def test_a_supervisor_reads_why_a_rep_gets_nothing_and_colleagues_do_not(daemon: Daemon) -> None:
    async with browser(daemon, "sue") as sue, browser(daemon, "ben") as ben:
        assert "ana is offline" in words(await part(sue, "/desk/reps/ana/why"))
        await daemon.say("sue")
        assert "You serve no queue" in words(await part(sue, "/desk/reps/sue/why"))
        assert (await sue.get("/desk/reps/zoe/why", headers=HTMX)).status_code == 404
        assert (await ben.get("/desk/reps/ana/why", headers=HTMX)).status_code == 403
