"""What the API tells of delivery, consent and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.daemon.test_api_events import following

from cordboard.engine.carrier import ChannelNotice, DeliveryReported, Failure, Rejected, TextReceived
from cordboard.engine.clock import ManualClock
from cordboard.engine.config import HOUR
from cordboard.engine.vocabulary import FailureKind, MessageStatus

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

SUSPENDED = Rejected(
    failure=Failure(code="20005", text="The account is suspended.", kind=FailureKind.ACCOUNT), channel_down=True
)


async def taken(daemon: Daemon) -> None:
    """Have conversation 1 with ana."""
    await daemon.say("ana")
    await daemon.text()
    assert (await daemon.as_("ana").post("/v1/conversations/1/accept")).status_code == 200


async def get(daemon: Daemon, path: str, *, by: str = "sue") -> Any:
    answer = await daemon.as_(by).get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def last_message(daemon: Daemon) -> dict[str, Any]:
    found: dict[str, Any] = (await get(daemon, "/v1/conversations/1/messages"))["items"][-1]
    return found


async def test_a_failed_message_tells_why_and_what_that_means(daemon: Daemon) -> None:
    await taken(daemon)
    daemon.carrier.results = [
        Rejected(failure=Failure(code="21614", text="It is a landline.", kind=FailureKind.RECIPIENT))
    ]
    await daemon.reply(after="SendFailed")
    message = await last_message(daemon)

    assert message["status"] == "failed"
    assert message["error"] == {"code": "21614", "text": "It is a landline.", "kind": "recipient"}
    assert message["sent_at"] is None
    assert message["expires_at"].endswith("Z")


async def test_delivery_is_unknown_once_the_carrier_has_said_nothing_for_its_time(daemon: Daemon) -> None:
    await taken(daemon)
    await daemon.reply()
    before = await last_message(daemon)
    daemon.house.clock = ManualClock(daemon.house.clock.now() + HOUR)
    after = await last_message(daemon)

    assert (before["status"], before["delivery_unknown"], before["sent_at"] is None) == ("sent", False, False)
    assert (after["status"], after["delivery_unknown"]) == ("sent", True)


async def test_a_report_ends_the_doubt_and_a_second_one_that_disagrees_is_told(daemon: Daemon) -> None:
    await taken(daemon)
    await daemon.reply()
    for status in (MessageStatus.DELIVERED, MessageStatus.UNDELIVERED):
        await daemon.engine.submit(DeliveryReported(channel="main", provider_id="SM2", status=status))

    daemon.house.clock = ManualClock(daemon.house.clock.now() + HOUR)
    message = await last_message(daemon)

    assert (message["status"], message["disputed"], message["delivery_unknown"]) == (
        "delivered",
        "undelivered",
        False,
    )


async def test_a_text_of_which_parts_never_came_is_marked(daemon: Daemon) -> None:
    await taken(daemon)
    text = TextReceived(
        channel="main",
        provider_id="PART",
        sender=daemon.customer,
        recipient=daemon.pushed,
        body="the beginning",
        incomplete=True,
    )
    await daemon.engine.submit(text)
    whole, part = (await get(daemon, "/v1/conversations/1/messages"))["items"]

    assert (whole["incomplete"], part["incomplete"]) == (False, True)


async def test_a_conversation_tells_whether_its_customer_takes_texts_now(daemon: Daemon) -> None:
    await taken(daemon)
    before = await get(daemon, "/v1/conversations/1")
    await daemon.text("STOP")
    out = await get(daemon, "/v1/conversations/1")
    listed = (await get(daemon, "/v1/conversations"))["items"][0]
    await daemon.text("START")
    again = await get(daemon, "/v1/conversations/1")

    assert [each["opted_out"] for each in (before, out, listed, again)] == [False, True, True, False]
    assert out["close_reason"] == "opt_out"


async def test_a_rep_hears_that_the_customer_of_their_conversation_opts_out_and_others_do_not(daemon: Daemon) -> None:
    await taken(daemon)
    async with following(daemon, "ana") as ana, following(daemon, "cleo") as cleo:
        await daemon.text("STOP")
        heard = await ana.until("conversation_closed")
        await daemon.say("cleo")
        other = await cleo.next()

    [out] = [each for each in heard if each["type"] == "customer_opted_out"]
    assert (out["conversation"], out["word"], out["source"]) == (1, "STOP", "keyword")
    assert other is not None
    assert other["type"] == "presence_changed"


async def test_who_has_opted_out_is_listed_the_latest_first_page_by_page(daemon: Daemon) -> None:
    customers = [f"+1415555020{each}" for each in range(5)]
    for customer in customers:
        await daemon.text("STOP", customer=customer)

    await daemon.text("START", customer=customers[1])
    first = await get(daemon, "/v1/consents?limit=3")
    second = (await daemon.as_("adam").get("/v1/consents", params={"limit": 3, "cursor": first["next"]})).json()
    found = first["items"] + second["items"]

    assert len(first["items"]) == 3
    assert second["next"] is None
    assert {each["customer"] for each in found} == {*customers} - {customers[1]}
    assert found == sorted(found, key=lambda each: (each["at"], each["customer"]), reverse=True)
    assert customers[2].removeprefix("+") not in first["next"]
    assert found[-1] == {
        "number": daemon.pushed,
        "customer": customers[0],
        "opted_out": True,
        "at": found[-1]["at"],
        "source": "keyword",
        "word": "STOP",
    }


async def test_opt_outs_are_found_by_customer_and_by_number(daemon: Daemon) -> None:
    await daemon.text("STOP")
    await daemon.text("STOP", to=daemon.picked)
    await daemon.text("STOP", customer="+14155550199")

    async def found(query: str) -> list[tuple[str, str]]:
        items = (await get(daemon, f"/v1/consents?{query}"))["items"]
        return sorted((each["number"], each["customer"]) for each in items)

    assert await found(f"customer={daemon.customer}") == [
        (daemon.pushed, daemon.customer),
        (daemon.picked, daemon.customer),
    ]
    assert await found(f"number={daemon.picked}") == [(daemon.picked, daemon.customer)]
    assert await found(f"number={daemon.picked}&customer=+14155550199") == []


@pytest.mark.parametrize("cursor", ["1", "nonsense", "WzFd", "é", "bnVsbA=="])
async def test_a_cursor_that_is_none_of_ours_is_refused(daemon: Daemon, cursor: str) -> None:
    answer = await daemon.as_("sue").get("/v1/consents", params={"cursor": cursor})

    assert answer.status_code == 400
    assert "this is no cursor" in answer.json()["detail"]


async def test_channels_tell_whether_texts_go_through_and_what_their_carriers_say(daemon: Daemon) -> None:
    await taken(daemon)
    [before] = (await get(daemon, "/v1/channels", by="adam"))["items"]
    daemon.carrier.results = [SUSPENDED]
    await daemon.reply(after="SendDeferred")
    await daemon.engine.submit(ChannelNotice(channel="main", code="subscription_deleted", text="Set it up again."))
    [after] = (await get(daemon, "/v1/channels"))["items"]

    assert before == {
        "name": "main",
        "provider": "plain",
        "stopped_at": None,
        "failure": None,
        "reconciled_to": None,
        "notice": None,
    }
    assert after["stopped_at"].endswith("Z")
    assert after["failure"] == {"code": "20005", "text": "The account is suspended.", "kind": "account"}
    assert (after["notice"]["code"], after["notice"]["text"]) == ("subscription_deleted", "Set it up again.")


@pytest.mark.parametrize("path", ["/v1/channels", "/v1/consents"])
async def test_channels_and_consents_are_for_supervisors_and_administrators(daemon: Daemon, path: str) -> None:
    statuses = {name: (await daemon.as_(name).get(path)).status_code for name in ("ana", "sue", "adam", "")}

    assert statuses == {"ana": 403, "sue": 200, "adam": 200, "": 401}
