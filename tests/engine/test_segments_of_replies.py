"""A reply tells how many SMS it takes from the moment it is queued, and is queued as it is sent."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine.carrier import Accepted, Media
from cordboard.engine.commands import Configure, RecordSend, Reply, StartSending
from cordboard.engine.errors import InvalidMessage, MessageTooLong
from cordboard.engine.records import Message
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import SYSTEM

REPLY = 2
"""The id of the reply: the customer's text has 1."""

PICTURE = Media(url="https://example.com/cat.png", content_type="image/png")


@pytest.fixture
def smart() -> Playground:
    """A board whose channel has smart encoding on."""
    channel = replace(CONFIG.channels[0], smart_encoding=True)
    world = Playground(replace(CONFIG, channels=(channel,)))
    world.active_with("ana")
    return world


def message(world: Playground) -> Message:
    found = world.board.message(REPLY)
    assert found is not None
    return found


def test_a_reply_has_its_segments_before_the_carrier_answers(world: Playground) -> None:
    world.active_with("ana")
    world.reply("x" * 161)
    assert message(world).segments == 2


@pytest.mark.parametrize(("carrier", "kept"), [(3, 3), (0, 2)])
def test_the_carriers_own_number_goes_before_ours_if_it_says_one(world: Playground, carrier: int, kept: int) -> None:
    world.active_with("ana")
    world.reply("x" * 161)
    world.do(StartSending(message=REPLY))
    world.do(RecordSend(message=REPLY, result=Accepted(provider_id="OUT1", segments=carrier)))
    assert message(world).segments == kept


def test_what_goes_as_mms_has_no_segments_of_ours(world: Playground) -> None:
    world.active_with("ana")
    world.do(Reply(conversation=1, by="ana", body="Look!", media=(PICTURE,)))
    assert message(world).segments == 0


def test_a_reply_is_sent_as_it_is_written_where_nothing_else_is_asked_for(world: Playground) -> None:
    world.active_with("ana")
    world.reply("It\u2019s \u201chere\u201d")
    assert message(world).body == "It\u2019s \u201chere\u201d"


def test_with_smart_encoding_the_transcript_has_what_is_sent(smart: Playground) -> None:
    smart.reply("It\u2019s \u201chere\u201d" + "!" * 140)
    assert (message(smart).body, message(smart).segments) == ('It\'s "here"' + "!" * 140, 1)


def test_what_goes_as_mms_keeps_its_typography(smart: Playground) -> None:
    smart.do(Reply(conversation=1, by="ana", body="It\u2019s", media=(PICTURE,)))
    assert message(smart).body == "It\u2019s"


def test_the_limits_hold_for_what_is_sent(smart: Playground) -> None:
    with pytest.raises(InvalidMessage, match="empty"):
        smart.reply("\u200b")

    with pytest.raises(MessageTooLong):
        smart.reply("x" * 1599 + "\u2026")


def test_what_answers_by_itself_is_counted_and_encoded_too(smart: Playground) -> None:
    keywords = replace(smart.config.keywords, help="We\u2019re here " + "x" * 150)
    smart.do(Configure(config=replace(smart.config, keywords=keywords)))
    smart.text("HELP")
    answer = smart.board.message(3)
    assert answer is not None
    assert (answer.author, answer.body[:10], answer.segments) == (SYSTEM, "We're here", 2)
