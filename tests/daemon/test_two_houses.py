"""Two daemons in one process share the rooms, and nothing that is in them."""

from __future__ import annotations

from tests.daemon.conftest import CUSTOMER, PICKED, Daemon, daemon_of, token_of


async def sees(daemon: Daemon) -> tuple[bool, bool, bool]:
    """Whether a customer's text is seen in the API, at the desk and among the counts."""
    conversations = await daemon.as_("sue").get("/v1/conversations")
    metrics = await daemon.as_("").get("/metrics")
    browser, ours = daemon.as_(""), {"Origin": daemon.url}
    await browser.post("/desk/sign-in", data={"token": token_of("sue")}, headers=ours)
    desk = await browser.get("/desk/ongoing")
    assert desk.status_code == 200
    return (
        [each["customer"] for each in conversations.json()["items"]] == [CUSTOMER],
        "Is anybody there?" in desk.text,
        'cordboard_events_total{type="message_received"} 1.0' in metrics.text,
    )


async def test_each_answers_for_itself() -> None:
    async with daemon_of() as one, daemon_of() as other:
        await one.text("Is anybody there?", to=PICKED)

        assert await sees(one) == (True, True, True)
        assert await sees(other) == (False, False, False)


async def test_one_goes_on_when_the_other_has_stopped() -> None:
    async with daemon_of() as one:
        async with daemon_of() as other:
            assert (await other.as_("").get("/healthz")).status_code == 200

        await one.text("Is anybody there?", to=PICKED)

        assert await sees(one) == (True, True, True)
