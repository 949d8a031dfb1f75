"""No request, however spoilt, breaks a transport or makes it believe a stranger. `make fuzz` tries far more of them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.fuzz.subjects import SUBJECTS, Subject, twilio
from tests.fuzz.trial import Broken, try_case, try_many

from cordboard.engine.carrier import TextReceived, WebhookReply, WebhookRequest
from cordboard.transports.base import BUILT_IN

CASES = 2_000

SEED = "cordboard"


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_spoilt_request_breaks_a_transport_or_is_believed(name: str) -> None:
    outcomes = try_many(SUBJECTS[name](), SEED, CASES)

    assert min(outcomes[each] for each in ("refused", "read", "unreadable")) > CASES / 100, "every way is walked"


def test_every_transport_in_the_box_is_tried() -> None:
    tried = {name.partition("_")[0] for name in SUBJECTS}

    assert tried == set(BUILT_IN) - {"simulator"}, "the simulator receives by Twilio's transport"


def test_a_seed_repeats_a_case() -> None:
    assert [try_case(twilio(), SEED, each) for each in range(50)] == [
        try_case(twilio(), SEED, each) for each in range(50)
    ]


class Gullible:
    """Believes whatever comes."""

    name = "main"

    def receive(self, request: WebhookRequest) -> WebhookReply:
        text = TextReceived(
            channel="main", provider_id="1", sender="1", recipient="2", body=request.body.decode("latin-1")
        )
        return WebhookReply(events=(text,))


class Fragile(Gullible):
    """Breaks over what it does not expect."""

    def receive(self, request: WebhookRequest) -> WebhookReply:
        request.body.decode()
        return WebhookReply()


@pytest.mark.parametrize(("transport", "complaint"), [(Gullible(), "nobody has proven"), (Fragile(), "^case ")])
def test_a_transport_that_breaks_its_word_is_found(transport: Gullible, complaint: str) -> None:
    subject: Subject = replace(twilio(), transport=transport)

    with pytest.raises(Broken, match=complaint):
        try_many(subject, SEED, 500)
