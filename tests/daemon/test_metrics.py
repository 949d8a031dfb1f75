"""What Prometheus is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from cordboard.engine.carrier import Failure, Rejected
from cordboard.engine.vocabulary import FailureKind

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon


async def scrape(daemon: Daemon) -> dict[tuple[str, str], float]:
    answer = await daemon.as_("").get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_what_happened_is_counted(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.text("lost", to="+18005559999")
    await daemon.say("ana")
    ana = daemon.as_("ana")
    await ana.post("/v1/conversations/1/pick")
    await ana.post("/v1/conversations/1/messages", json={"body": "Hi"})
    async for event in daemon.engine.feed.events(0):
        if type(event).__name__ == "MessageSent":
            break

    await daemon.as_("").post("/webhooks/main", json={"id": "x"})
    counted = await scrape(daemon)

    assert counted["cordboard_texts_received_total", "main"] == 1
    assert counted["cordboard_texts_unroutable_total", "main"] == 1
    assert counted["cordboard_replies_total", "sent"] == 1
    assert counted["cordboard_webhooks_refused_total", "main,forged"] == 1
    assert counted["cordboard_events_total", "conversation_picked"] == 1
    assert counted["cordboard_events_total", "reply_queued"] == 1


async def test_how_the_board_is_now_is_measured(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked, customer="+14155550101")
    await daemon.text(to=daemon.picked, customer="+14155550102")
    await daemon.say("ana")
    measured = await scrape(daemon)

    assert measured["cordboard_waiting", "general"] == 2
    assert measured["cordboard_waiting", "billing"] == 0
    assert measured["cordboard_reps", "available"] == 1
    assert measured["cordboard_reps", "offline"] == 4
    assert measured["cordboard_conversations", ""] == 2
    assert measured["cordboard_waiting_commands", ""] == 0


async def test_consent_failures_and_stopped_channels_are_counted(daemon: Daemon) -> None:
    await daemon.text(to=daemon.pushed)
    await daemon.say("ana")
    await daemon.as_("ana").post("/v1/conversations/1/accept")
    landline = Failure(code="21614", text="A landline.", kind=FailureKind.RECIPIENT)
    suspended = Failure(code="20005", text="Suspended.", kind=FailureKind.ACCOUNT)
    daemon.carrier.results = [Rejected(failure=landline)]
    await daemon.reply(after="SendFailed")
    before = await scrape(daemon)
    daemon.carrier.results = [Rejected(failure=suspended, channel_down=True)]
    await daemon.reply(after="SendDeferred")
    await daemon.text("STOP")
    await daemon.text("START")
    counted = await scrape(daemon)

    assert before["cordboard_channel_stopped", "main"] == 0
    assert counted["cordboard_channel_stopped", "main"] == 1
    assert counted["cordboard_failures_total", "recipient"] == 1
    assert counted["cordboard_replies_total", "failed"] == 1
    assert counted["cordboard_opt_outs_total", "keyword"] == 1
    assert counted["cordboard_opt_ins_total", "keyword"] == 1


async def test_metrics_carry_neither_numbers_nor_texts(daemon: Daemon) -> None:
    await daemon.text("a secret")
    await daemon.text("another", to="+18005559999")
    await daemon.as_("").post("/webhooks/unknown-channel", json={"body": "a secret"})
    text = (await daemon.as_("").get("/metrics")).text

    for hidden in ("secret", "another", "4155550123", "8005550100", "8005559999", "unknown-channel"):
        assert hidden not in text
