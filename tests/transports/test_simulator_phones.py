"""The simulated customers' phones show what was texted, tell of changes, and remember across restarts."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from msgspec.structs import replace
from tests.transports.simulated import CUSTOMER, NUMBER, SECONDS

from cordboard.engine.carrier import Media
from cordboard.transports.simulator.phones import Phones, PhoneText, TextState

OTHER = "+14155550199"


def text(sid: str, *, at: int = 1, customer: str = CUSTOMER, state: TextState = TextState.DELIVERED) -> PhoneText:
    return PhoneText(
        sid=sid, customer=customer, number=NUMBER, from_customer=True, body=f"Grüße\n{sid}", at=at, state=state
    )


async def opened(path: Path) -> Phones:
    phones = Phones(path)
    await phones.open()
    return phones


async def test_threads_come_with_the_latest_text_first() -> None:
    phones = Phones()
    await phones.show(text("SM1", at=1))
    await phones.show(text("SM2", at=2, customer=OTHER))
    assert phones.threads() == ((OTHER, NUMBER), (CUSTOMER, NUMBER))

    await phones.show(text("SM3", at=3))

    assert phones.threads() == ((CUSTOMER, NUMBER), (OTHER, NUMBER))
    assert [each.sid for each in phones.thread(CUSTOMER, NUMBER)] == ["SM1", "SM3"]
    assert phones.thread(CUSTOMER, "+18005550199") == ()


async def test_a_text_that_comes_farther_stays_in_its_place() -> None:
    phones = Phones()
    await phones.show(text("SM1", state=TextState.SENDING))
    await phones.show(text("SM2"))
    await phones.show(text("SM1", state=TextState.DELIVERED))

    assert phones.thread(CUSTOMER, NUMBER) == (text("SM1"), text("SM2"))


async def test_whoever_watches_hears_of_a_change() -> None:
    phones = Phones()
    seen = []
    first, second = anyio.Event(), anyio.Event()

    async def watch() -> None:
        async for version in phones.versions():
            seen.append(version)
            (second if first.is_set() else first).set()
            if second.is_set():
                return

    with anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            await first.wait()
            await phones.show(text("SM1"))
            await second.wait()

    assert seen == [0, 1]
    assert await phones.changed(0) == 1


async def test_phones_show_the_same_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "phones.jsonl"
    before = await opened(path)
    picture = Media(url="https://media.example.com/a.png", content_type="image/png")
    await before.show(text("SM1", state=TextState.SENDING))
    await before.show(text("SM1"))
    await before.show(replace(text("SM2", customer=OTHER), media=(picture,), body="\u2028"))

    after = await opened(path)

    assert after.threads() == before.threads()
    for customer in (CUSTOMER, OTHER):
        assert after.thread(customer, NUMBER) == before.thread(customer, NUMBER) != ()


async def test_a_text_on_its_way_at_a_restart_has_failed(tmp_path: Path) -> None:
    path = tmp_path / "phones.jsonl"
    await (await opened(path)).show(text("SM1", state=TextState.SENDING))

    [lost] = (await opened(path)).thread(CUSTOMER, NUMBER)

    assert lost.state is TextState.FAILED
    assert lost.failure is not None


@pytest.mark.parametrize("torn", [b'{"sid": "SM9", "custom', b"\xff\xfe", b"{}", b'{"sid": "Gr\xc3'])
async def test_a_torn_last_line_costs_that_line_alone(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "phones.jsonl"
    await (await opened(path)).show(text("SM1"))
    with path.open("ab") as file:
        file.write(torn)

    between = await opened(path)
    await between.show(text("SM2"))
    after = await opened(path)

    assert between.thread(CUSTOMER, NUMBER) == after.thread(CUSTOMER, NUMBER) == (text("SM1"), text("SM2"))


async def test_phones_go_on_where_their_file_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phones = Phones(tmp_path / "no such folder" / "phones.jsonl")
    await phones.open()

    await phones.show(text("SM1"))

    assert phones.thread(CUSTOMER, NUMBER) == (text("SM1"),)
    told = capsys.readouterr().out
    assert "phone_text_not_kept" in told
    assert CUSTOMER[1:] not in told
