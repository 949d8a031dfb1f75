"""What the desk's pages show of delivery, consent and channels, and what they are told of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import anyio
import httpx
from tests.daemon.test_desk import act, ana, browser, cursor_of, following, part, taken, told

from cordboard.engine.carrier import ChannelNotice, Failure, Rejected, TextReceived
from cordboard.engine.vocabulary import FailureKind

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

SUSPENDED = Rejected(
    failure=Failure(code="20005", text="The account is suspended.", kind=FailureKind.ACCOUNT), channel_down=True
)

__all__ = ["ana"]  # the fixture


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_a_failed_text_tells_why_and_what_can_be_done(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    daemon.carrier.results = [
        Rejected(failure=Failure(code="21614", text="It is a landline.", kind=FailureKind.RECIPIENT)),
        Rejected(failure=Failure(code="30008", text="Something went wrong.", kind=FailureKind.TROUBLE)),
    ]
    await daemon.reply("to a landline", after="SendFailed")
    before = await part(ana, "/desk/conversations/1")
    await daemon.reply("again", after="SendFailed")
    after = await part(ana, "/desk/conversations/1")

    assert "It is a landline. This number cannot be texted. Reach the customer another way." in words_of(before)
    assert "data-again" not in before
    assert "Something went wrong. It can be sent again. Write it again" in words_of(after)


async def test_the_customer_of_an_open_conversation_who_has_opted_out_cannot_be_written_to(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana)
    await daemon.text("STOP")
    ended = await part(ana, "/desk/conversations/1")
    await daemon.text("One more thing")
    await act(ana, "1/accept")
    out = await part(ana, "/desk/conversations/1")
    refused = await act(ana, "1/reply", body="No", key="key-1")
    await daemon.text("START")
    again = await part(ana, "/desk/conversations/1")

    assert "the customer wants no more texts" in words_of(ended)
    assert "The customer opted out with “STOP”" in words_of(ended)
    assert "Sent automatically" in words_of(ended)
    assert "The customer has opted out of texts from +1 800 555 0100" in words_of(out)
    assert 'data-writable="refused"' in out
    assert refused.status_code == 409
    assert "so your text was not sent" in refused.text
    assert [each.body for each in daemon.carrier.sent if each.body == "No"] == []
    assert 'data-writable="yes"' in again
    assert "The customer takes texts again with “START”" in words_of(again)


async def test_an_open_page_hears_of_an_opt_out_that_its_carrier_tells(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    daemon.carrier.results = [
        Rejected(failure=Failure(code="21610", text="They opted out.", kind=FailureKind.OPTED_OUT))
    ]
    async with following(ana, await cursor_of(ana)) as lines:
        await daemon.reply(after="CustomerOptedOut")
        with anyio.fail_after(60):
            heard: set[str] = set()
            while not {"conversation-1", "mine"} <= heard:
                heard |= await told(lines)

    assert "says the carrier (21610)" in words_of(await part(ana, "/desk/conversations/1"))


async def test_a_text_of_which_parts_never_came_is_marked(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    text = TextReceived(
        channel="main",
        provider_id="PART",
        sender=daemon.customer,
        recipient=daemon.pushed,
        body="the beginning",
        incomplete=True,
    )
    await daemon.engine.submit(text)

    assert (await part(ana, "/desk/conversations/1")).count("part of this text never came") == 1


async def test_a_page_knows_when_a_delivery_becomes_unknown_and_asks_again_then(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana)
    before = await part(ana, "/desk/conversations/1")
    await daemon.reply()
    after = await part(ana, "/desk/conversations/1")
    due = re.search(r'data-due="(\d+)"', after)
    message = await daemon.engine.history.messages("test", 1)

    assert "data-due" not in before
    assert due is not None
    assert int(due[1]) == (message.items[-1].sent_at or 0) + 3_600_000


async def test_a_stopped_channel_is_told_to_whoever_has_conversations_on_it(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana)
    daemon.carrier.results = [SUSPENDED]
    async with following(ana, await cursor_of(ana)) as lines, browser(daemon, "cleo") as cleo:
        await daemon.reply(after="SendDeferred")
        with anyio.fail_after(60):
            heard: set[str] = set()
            while "everything" not in heard:
                heard |= await told(lines)

        hers = words_of(await part(ana, "/desk/parts/me"))
        others = words_of(await part(cleo, "/desk/parts/me"))

    assert "Texts on main wait: the channel is stopped since" in hers
    assert "The account is suspended. Your administrator can mend it." in hers
    assert "20005" not in hers
    assert "wait" not in others
    assert "queued texts wait, the channel is stopped" in words_of(await part(ana, "/desk/conversations/1"))


async def test_a_supervisor_sees_each_channel_with_its_code_and_what_its_carrier_says(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana)
    async with browser(daemon, "sue") as sue:
        before = words_of(await part(sue, "/desk/overview"))
        daemon.carrier.results = [SUSPENDED]
        await daemon.reply(after="SendDeferred")
        await daemon.engine.submit(ChannelNotice(channel="main", code="deleted", text="Set it up again."))
        after = words_of(await part(sue, "/desk/overview"))

    assert "main plain go nothing" in before
    assert "Texts on main wait" not in before
    assert "The account is suspended (code 20005)." in after
    assert "Set it up again. (deleted)" in after
