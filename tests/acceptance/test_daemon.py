"""The whole daemon, as its operator, its reps and its carrier see it: the main job, restarts, stopping and dying."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.acceptance.harness import AT_ONCE, OFFERED, PATIENCE, Carrier, Daemon, new_sid, running_daemon, until

from cordboard.daemon.serve import ANSWERING_SECONDS

pytestmark = pytest.mark.acceptance

CUSTOMER = "+14155550123"


async def _available(daemon: Daemon, person: str = "ana") -> None:
    status, answer = await daemon.call(person, "PUT", "/v1/me/presence", json={"presence": "available"})
    assert status == 200, answer


async def _messages(daemon: Daemon, conversation: int) -> list[dict[str, Any]]:
    return await daemon.list_all(f"/v1/conversations/{conversation}/messages")


async def test_a_text_is_offered_accepted_answered_and_delivered(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier, cold=True) as daemon:
        await _available(daemon)

        assert await daemon.text(CUSTOMER, "Where is my parcel?", sid=new_sid()) == 200

        [conversation] = await daemon.list_all(f"/v1/conversations?customer={CUSTOMER.replace('+', '%2B')}")
        assert (conversation["state"], conversation["rep"], conversation["number"]) == ("assigned", "ana", OFFERED)
        here = f"/v1/conversations/{conversation['id']}"

        status, accepted = await daemon.call("ana", "POST", f"{here}/accept")
        assert (status, accepted["state"]) == (200, "active")

        status, reply = await daemon.call("ana", "POST", f"{here}/messages", json={"body": "On its way 📦"})
        assert status == 202
        assert reply["direction"] == "outbound"

        await until(lambda: _has(carrier, 1))
        [text] = carrier.sent
        assert (text.sender, text.recipient, text.body) == (OFFERED, CUSTOMER, "On its way 📦")

        await until(lambda: _all_have(daemon, conversation["id"], {"sent"}))
        assert await daemon.report(text, "delivered") in (200, 204)

        question, answer = await _messages(daemon, conversation["id"])
        assert (question["author"], question["status"]) == ("customer", "received")
        assert (answer["author"], answer["status"], answer["provider_id"]) == ("ana", "delivered", text.sid)

        status, closed = await daemon.call("ana", "POST", f"{here}/close")
        assert (status, closed["state"], closed["close_reason"]) == (200, "closed", "rep")
        assert await daemon.stop() == 0


async def test_a_forged_text_is_refused_and_kept_nowhere(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        form = {"MessageSid": new_sid(), "From": CUSTOMER, "To": OFFERED, "Body": "let me in", "NumMedia": "0"}
        headers = {"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}
        async with daemon.client.post(daemon.url + "/webhooks/main", data=form, headers=headers) as response:
            assert (response.status, await response.read()) == (403, b"")

        assert await daemon.list_all("/v1/conversations") == []
        assert "let me in" not in str(daemon.log)


async def test_a_restarted_daemon_goes_on_where_it_was(tmp_path: Path, carrier: Carrier) -> None:
    first, second = new_sid(), new_sid()
    async with running_daemon(tmp_path, carrier) as daemon:
        await _available(daemon)
        await daemon.text(CUSTOMER, "hello", sid=first)
        [before] = await daemon.list_all("/v1/conversations")

        assert before["state"] == "assigned"
        assert await daemon.stop() == 0

    async with running_daemon(tmp_path, carrier) as daemon:
        [after] = await daemon.list_all("/v1/conversations")
        assert after == before
        assert await daemon.text(CUSTOMER, "hello", sid=first) == 200
        assert await daemon.text(CUSTOMER, "anybody?", sid=second) == 200

        status, accepted = await daemon.call("ana", "POST", f"/v1/conversations/{after['id']}/accept")
        assert (status, accepted["state"]) == (200, "active")
        assert [each["body"] for each in await _messages(daemon, after["id"])] == ["hello", "anybody?"]


async def test_stopping_under_load_loses_nothing_that_was_acknowledged(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        await _available(daemon)
        load = Load(daemon, customers=20)
        async with asyncio.TaskGroup() as tasks:
            load.start(tasks)
            await load.acknowledges(texts=200, replies=5)
            exit_code = await daemon.stop()

        assert exit_code == 0

    async with running_daemon(tmp_path, carrier) as daemon:
        await _check(daemon, carrier, load)
        assert all(message["error"] is None for message in await _replies(daemon))


async def test_a_flood_of_headers_is_refused(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        headers = {f"X-{number}": "a" * 1000 for number in range(100)}
        async with daemon.client.post(daemon.url + "/webhooks/main", headers=headers) as response:
            assert response.status == 431

        assert await daemon.get("/v1/me")


async def test_a_second_signal_hurries_the_first(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        _reader, writer = await asyncio.open_connection("127.0.0.1", int(daemon.url.rpartition(":")[2]))
        writer.write(b"POST /webhooks/main HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n")
        await writer.drain()
        await daemon.get("/v1/me")
        daemon.process.send_signal(signal.SIGTERM)
        await until(lambda: _logged(daemon, "daemon_stopping"))
        async with asyncio.timeout(ANSWERING_SECONDS):  # the body alone takes longer
            assert await daemon.stop(signal.SIGINT) == 0

        writer.close()


async def test_a_stream_of_events_ends_when_the_daemon_stops(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        headers = {"Authorization": "Bearer ana-token-0123456789"}
        async with daemon.client.get(daemon.url + "/v1/events", headers=headers) as stream:
            assert stream.status == 200
            async with asyncio.timeout(ANSWERING_SECONDS):  # it is no request that would have to be answered
                assert await daemon.stop() == 0


@pytest.mark.parametrize("moment", [1, 40, 250])
async def test_a_killed_daemon_has_every_acknowledged_text_once_and_in_order(
    tmp_path: Path, carrier: Carrier, moment: int
) -> None:
    carrier.delay = 0.02  # so that texts are on their way when it happens
    async with running_daemon(tmp_path, carrier) as daemon:
        await _available(daemon)
        load = Load(daemon, customers=20)
        async with asyncio.TaskGroup() as tasks:
            load.start(tasks)
            await load.acknowledges(texts=moment, replies=moment // 10)
            await daemon.stop(signal.SIGKILL)

    async with running_daemon(tmp_path, carrier) as daemon:
        await _check(daemon, carrier, load)
        # Whoever got no answer asks again.
        await load.deliver_again(daemon)
        await _check(daemon, carrier, load)


class Load:
    """Customers who text one after the other, each waiting for their acknowledgement, while a rep answers them."""

    def __init__(self, daemon: Daemon, *, customers: int) -> None:
        self.customers = [f"+1415555{number:04}" for number in range(customers)]
        self.acknowledged: dict[str, list[str]] = {customer: [] for customer in self.customers}
        """The sids of every customer's texts that were answered with 200, in their order."""
        self.begun: dict[str, list[str]] = {customer: [] for customer in self.customers}
        """The sids of all that were sent; the daemon may have the last without having said so."""
        self.replies: list[str] = []
        """The bodies of replies that were answered with 202."""
        self._asked: list[tuple[str, int]] = []
        """The replies that were asked for, and the conversation of each."""
        self._daemon = daemon
        self._progress = asyncio.Condition()

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin: everybody goes on until the daemon is gone."""
        for customer in self.customers:
            tasks.create_task(self._text(customer))

        tasks.create_task(self._reply())

    async def acknowledges(self, *, texts: int, replies: int) -> None:
        """Wait until so much has been acknowledged."""
        async with asyncio.timeout(PATIENCE), self._progress:
            await self._progress.wait_for(
                lambda: sum(map(len, self.acknowledged.values())) >= texts and len(self.replies) >= replies
            )

    async def deliver_again(self, daemon: Daemon) -> None:
        """Deliver everybody's last texts again, then ask for the last replies again; each twice at the same time."""
        async with asyncio.TaskGroup() as tasks:
            for customer, sids in self.begun.items():
                for sid in sids[-3:] * 2:
                    tasks.create_task(daemon.text(customer, sid, sid=sid, number=AT_ONCE))

        replies = await asyncio.gather(*(self._ask(daemon, *each) for each in self._asked[-5:] * 2))
        assert set(replies) <= {202}
        self.acknowledged = self.begun
        self.replies = [body for body, _ in self._asked]

    async def _text(self, customer: str) -> None:
        while True:
            sid = new_sid()
            self.begun[customer].append(sid)
            try:
                status = await self._daemon.text(customer, sid, sid=sid, number=AT_ONCE)
            except aiohttp.ClientError:
                return

            if status == 503:  # it is stopping
                return

            assert status == 200
            self.acknowledged[customer].append(sid)
            await self._tell()

    async def _reply(self) -> None:
        for number in itertools.count():
            body, conversation = f"reply-{number}", 1 + number % 3
            self._asked.append((body, conversation))
            try:
                status = await self._ask(self._daemon, body, conversation)
            except aiohttp.ClientError:
                return

            if status == 503:  # it is stopping
                return

            if status == 202:
                self.replies.append(body)
                await self._tell()
            else:
                assert status in (404, 409)  # that customer has not texted yet
                self._asked.pop()

    async def _ask(self, daemon: Daemon, body: str, conversation: int) -> int:
        status, _ = await daemon.call(
            "ana",
            "POST",
            f"/v1/conversations/{conversation}/messages",
            json={"body": body},
            headers={"Idempotency-Key": body},
        )
        return status

    async def _tell(self) -> None:
        async with self._progress:
            self._progress.notify_all()


async def _check(daemon: Daemon, carrier: Carrier, load: Load) -> None:
    """Whatever was acknowledged is there, once and in order; replies were sent once, or say that they may be."""
    conversations = {each["customer"]: each["id"] for each in await daemon.list_all("/v1/conversations")}
    for customer, acknowledged in load.acknowledged.items():
        if customer not in conversations:
            assert acknowledged == []
            continue

        messages = await _messages(daemon, conversations[customer])
        received = [each["provider_id"] for each in messages if each["direction"] == "inbound"]
        assert received[: len(acknowledged)] == acknowledged
        assert received in (acknowledged, load.begun[customer])

    # A text whose answer was lost is looked for once the carrier's list certainly has it: after half a minute.
    await until(lambda: _all_sent(daemon))
    taken = Counter(text.body for text in carrier.sent)
    replies = {each["body"]: each for each in await _replies(daemon)}
    assert set(load.replies) <= set(replies)
    for body, message in replies.items():
        if message["status"] == "sent":
            assert taken[body] == 1
        else:
            assert message["status"] == "sending"
            assert message["error"] is not None
            assert taken[body] <= 1

    assert set(taken) <= set(replies)


async def _replies(daemon: Daemon) -> list[dict[str, Any]]:
    return [
        message
        for conversation in await daemon.list_all("/v1/conversations")
        for message in await _messages(daemon, conversation["id"])
        if message["direction"] == "outbound"
    ]


async def _all_sent(daemon: Daemon) -> bool:
    return all(each["status"] == "sent" or each["error"] is not None for each in await _replies(daemon))


async def _all_have(daemon: Daemon, conversation: int, statuses: set[str]) -> bool:
    messages = await _messages(daemon, conversation)
    return all(each["status"] in statuses for each in messages if each["direction"] == "outbound")


async def _has(carrier: Carrier, count: int) -> bool:
    return len(carrier.sent) >= count


async def _logged(daemon: Daemon, event: str) -> bool:
    return any(each["event"] == event for each in daemon.log)
