"""The demo's check of itself says what is wrong, and ends."""

from __future__ import annotations

import anyio
import pytest

from cordboard.daemon import demo_check
from cordboard.daemon.demo_check import check_demo
from cordboard.transports.simulator.carrier import SimulatedCarrier


async def test_a_step_that_fails_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(demo_check, "TOKENS", {"ana": "demo-token-of-nobody"})

    assert await check_demo() == 1

    said = capsys.readouterr()
    assert said.err.startswith("FAILED  PUT /v1/me/presence was answered with 401")
    assert "ok      the demo answers at http://127.0.0.1:" in said.out
    assert "stopped in good order" not in said.out


async def test_a_step_that_never_comes_ends_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def nobody_brings_it(*_: object) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(demo_check, "SECONDS", 3)
    monkeypatch.setattr(SimulatedCarrier, "text", nobody_brings_it)

    assert await check_demo() == 1

    assert capsys.readouterr().err == "FAILED  nothing more happened: 3 seconds are over\n"
