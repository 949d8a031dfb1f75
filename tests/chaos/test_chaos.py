"""Whatever carriers do, and whenever the daemon is killed: no text is lost, and none is sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chaos.facts import STOP
from tests.chaos.play import IMPATIENT, Plan, Play


@pytest.mark.acceptance
@pytest.mark.timeout(1200)
async def test_nothing_is_lost_or_sent_twice_whatever_fails(tmp_path: Path) -> None:
    plan = Plan(
        seed="cordboard", customers=40, texts=6, kills=3, calm=150, talking=500, settling=500, program=IMPATIENT
    )

    outcome = await Play(plan, tmp_path).run()

    assert outcome.broken == []
    assert outcome.kills >= plan.kills
    assert any(each.body == STOP for each in outcome.facts.written)
    assert not all(each.called for each in outcome.facts.written)
    assert len(outcome.facts.written) == plan.customers * plan.texts
    # However slow the machine: a kill costs each customer of Twilio's, who are one half, one text at most, in all a
    # quarter of everything; Azure brings all. The seed decides which texts nobody brings, and who stops: no quarter.
    assert len(outcome.facts.answered) > plan.customers * plan.texts / 2
