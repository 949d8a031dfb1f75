"""Asks Azure what became of a text, where its API can be asked. Importing this imports the SDK.

Only the newest version of the API has the question, and not everywhere: where it is not understood, it is not
asked again.
"""

from __future__ import annotations

from typing import Final

import msgspec
import structlog
from msgspec import Struct

from cordboard.engine.carrier import DeliveryReported
from cordboard.transports.acs.client import AcsClient, Answer
from cordboard.transports.acs.events import UNINTELLIGIBLE, Report, Unreadable, report_of

log = structlog.get_logger(__name__)


class _Explanation(Struct):
    code: str = ""
    message: str = ""


class _Error(Struct):
    error: _Explanation


_REPORT: Final = msgspec.json.Decoder(Report)
_ERROR: Final = msgspec.json.Decoder(_Error)


class ReportDesk:
    """Asks for the delivery reports of one channel.

    Args:
        client: The channel's.
        channel: Its name.
    """

    def __init__(self, client: AcsClient, channel: str) -> None:
        self._client = client
        self._channel = channel
        self._understood = True

    async def pull(self, message: int, provider_id: str) -> DeliveryReported | None:
        """Return what Azure knows of a text; None when it says nothing (now)."""
        if not self._understood:
            return None

        answer = (await self._client.ask_for_report(provider_id)).answer
        if answer is None:
            return None

        if answer.status == 200:
            return self._read(answer.body, message, provider_id)

        if _is_not_understood(answer):
            self._understood = False
            log.info("carrier_has_no_reports_to_ask_for", channel=self._channel, status=answer.status)

        return None

    def _read(self, body: bytes, message: int, provider_id: str) -> DeliveryReported | None:
        try:
            return report_of(_REPORT.decode(body), self._channel, provider_id=provider_id, message=message)
        except (Unreadable, *UNINTELLIGIBLE):
            return None


def _is_not_understood(answer: Answer) -> bool:
    """Whether Azure does not know the question; where it does, "no report yet" is a 404 with an error of its own."""
    try:
        error = _ERROR.decode(answer.body).error
    except UNINTELLIGIBLE:
        return answer.status in (404, 405, 501)

    about_version = "version" in f"{error.code} {error.message}".lower()
    return answer.status in (405, 501) or (answer.status in (400, 404) and about_version)
