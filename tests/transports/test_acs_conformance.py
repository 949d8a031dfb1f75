"""The Azure transport keeps every promise of the port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
from tests.transports.azure import ACCESS_KEY, AzureStandIn, running_azure
from tests.transports.event_grid import REPORT, SECRET, TEXT, acs_settings, delivery, event

from cordboard.engine.carrier import WebhookRequest
from cordboard.engine.config import MINUTE
from cordboard.engine.ports import PullsReports, SendsMany, Transport
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import TransportConformance
from cordboard.transports.acs import AcsTransport, Deadlines


class TestAzure(TransportConformance):
    """Event Grid signs nothing: it shows a secret, and with that may say anything."""

    signed = False

    @pytest.fixture
    async def carrier(self) -> AsyncIterator[AzureStandIn]:
        async with running_azure() as running:
            yield running

    @pytest.fixture
    def transport(self, carrier: AzureStandIn, deadline: float) -> AcsTransport:
        settings = acs_settings(endpoint=carrier.url, access_key=Secret(ACCESS_KEY))
        return AcsTransport(settings, deadlines=Deadlines(connect=deadline, total=deadline))

    @pytest.fixture
    def text(self) -> WebhookRequest:
        return delivery([event("SMSReceived", TEXT)])

    @pytest.fixture
    def report(self) -> WebhookRequest:
        return delivery([event("SMSDeliveryReportReceived", REPORT)])

    @pytest.fixture
    def forged(self, text: WebhookRequest) -> WebhookRequest:
        return msgspec.structs.replace(text, headers={**text.headers, "x-cordboard-secret": "guessed"})

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return (ACCESS_KEY, SECRET)

    def test_it_has_the_abilities_of_azure(self, transport: Transport) -> None:
        assert isinstance(transport, SendsMany)
        assert isinstance(transport, PullsReports)
        assert transport.capabilities.idempotent_send
        assert transport.capabilities.repeatable_for < 5 * MINUTE, "Azure knows no ids for longer, as far as it says"
        assert transport.capabilities.max_characters == 2048
        assert transport.capabilities.max_recipients == 100
        assert not transport.capabilities.mms
