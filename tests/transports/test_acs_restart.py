"""A text that may have been sent is sent again under the ids it had, by an engine that was started anew."""

from __future__ import annotations

from pathlib import Path

import anyio
from msgspec.structs import replace
from tests.transports.azure import ACCESS_KEY, running_azure
from tests.transports.event_grid import TEXT, acs_settings, delivery, event

from cordboard.engine import Channel, Engine, ManualClock
from cordboard.engine.commands import AcceptOffer, Reply, SetPresence
from cordboard.engine.config import MINUTE
from cordboard.engine.secret import Secret
from cordboard.engine.testing.playground import CONFIG
from cordboard.engine.testing.transports import IMPATIENT, PATIENCE, PATIENT, Behaviour
from cordboard.engine.vocabulary import MessageStatus, Presence
from cordboard.storage.sqlite import SqliteStore
from cordboard.transports.acs import AcsTransport, Deadlines

BOARD = replace(CONFIG, channels=(Channel(name="main", provider="acs"),))


async def happened(engine: Engine, kind: str) -> None:
    """Return once an event of a kind has."""
    with anyio.fail_after(PATIENCE):
        async for each in engine.feed.events(0):
            if type(each).__name__ == kind:
                return


async def test_a_text_keeps_its_ids_when_the_process_does_not_live_to_hear_the_answer(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running_azure() as azure:

        def engine(deadline: float) -> Engine:
            settings = acs_settings(endpoint=azure.url, access_key=Secret(ACCESS_KEY))
            transport = AcsTransport(settings, deadlines=Deadlines(connect=deadline, total=deadline))
            store = SqliteStore(str(tmp_path / "board.db"))
            return Engine(BOARD, store=store, transports=[transport], clock=clock)

        await azure.behave(Behaviour.HANG)
        async with engine(IMPATIENT) as running:
            await running.submit(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"))
            await running.receive("main", delivery([event("SMSReceived", TEXT)]))
            await running.submit(AcceptOffer(conversation=1, by="ana"))
            await running.submit(Reply(conversation=1, by="ana", body="On its way"))
            await happened(running, "SendDeferred")

        clock.move(3 * MINUTE)
        await azure.behave(Behaviour.ACCEPT)
        async with engine(PATIENT) as running:
            await happened(running, "MessageSent")
            page = await running.history.messages("contoso", 1)

    first, *repeated = [each["smsRecipients"] for each in azure.bodies]
    assert repeated
    assert all(each == first for each in repeated)
    assert page.items[-1].status is MessageStatus.SENT
    assert page.items[-1].attempt_key == first[0]["repeatabilityRequestId"]
