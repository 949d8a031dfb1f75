"""The REST API of Communication Services, simulated: `POST /sms` and `GET /deliveryReports/{id}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import anyio
import msgspec
from aiohttp import web
from msgspec.structs import replace

from cordboard.engine.config import E164
from cordboard.transports.simulator.acs.events import delivery_report
from cordboard.transports.simulator.acs.request import Recipient, Sending
from cordboard.transports.simulator.acs.resource import Resource, Spelling
from cordboard.transports.simulator.acs.signing import problem_of
from cordboard.transports.simulator.acs.wire import FINAL, NAME, new_id
from cordboard.transports.simulator.carriage import Carriage
from cordboard.transports.simulator.codes import fails_later
from cordboard.transports.simulator.endings import end
from cordboard.transports.simulator.faults import Ending, Report, Treatment, Value
from cordboard.transports.simulator.messages import CarriedText

_VERSIONS: Final = ("2021-03-07", "2025-09-17", "2026-01-23")
_WITH_REPORTS: Final = ("2026-01-23",)
"""API versions, and those that can be asked for delivery reports."""

_MOST_REMEMBERED: Final = 100_000

_WORDS: Final = {
    400: "BadRequest",
    401: "Denied",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}

_BAD_SENDER: Final = 4001
_OPTED_OUT: Final = 4007


class RestApi:
    """Answers REST requests.

    Args:
        resource: Who may ask.
        carriage: Carries the texts.
        closing: The carrier closes: requests that would never be answered are let go.
    """

    def __init__(self, resource: Resource, carriage: Carriage, closing: anyio.Event) -> None:
        self._resource = resource
        self._carriage = carriage
        self._closing = closing
        self._first_results: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers to."""
        return [web.post("/sms", self._send), web.get("/deliveryReports/{id}", self._report)]

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        refusal = self._refusal(request, body, _VERSIONS)
        if refusal is not None:
            return refusal

        try:
            sending = msgspec.json.decode(body, type=Sending)
        except msgspec.DecodeError as error:
            return _error(400, f"The request is not valid: {error}")

        wait = self._carriage.queues.admit(sending.sender, len(sending.recipients))
        if wait:
            return _error(429, "The number has sent too many messages in this minute.", retry_after=round(wait + 0.5))

        treatments = [self._carriage.script.take(each.to, sending.message) for each in sending.recipients]
        await anyio.sleep(max(each.pause for each in treatments))
        # One answer for all: the first treatment that is about the whole request decides how it goes.
        whole = next(filter(_is_of_the_request, treatments), None)
        answer = _answer_of(whole)
        if whole is not None and not whole.taken:
            return await end(request, answer or _accepted([]), whole, self._closing)

        taken: list[tuple[CarriedText, Treatment]] = []
        results = [
            self._result(sending, recipient, treatment, taken)
            for recipient, treatment in zip(sending.recipients, treatments, strict=True)
        ]
        answer = answer or _accepted(results, _shape_of(treatments))
        late = []
        for text, treatment in taken:
            if treatment.early:
                await self._carriage.deliver(text, treatment)
            else:
                late.append((text, treatment))

        try:
            if whole is None or whole.ending is Ending.ANSWER:
                await answer.prepare(request)
                await answer.write_eof()
                return answer
        finally:
            for text, treatment in late:
                self._carriage.later(text, treatment)  # even if nobody waits for the answer any more

        return await end(request, answer, whole, self._closing)

    def _result(
        self, sending: Sending, recipient: Recipient, treatment: Treatment, taken: list[tuple[CarriedText, Treatment]]
    ) -> dict[str, Any]:
        """Return what is answered about one recipient; what is taken of it goes to `taken`."""
        key = recipient.request_id
        if key in self._first_results:
            return self._first_results[key]

        problem = _problem_of(recipient)
        if problem:
            return _rejected(recipient, 400, problem)

        treatment = self._treated(sending.sender, recipient.to, treatment)
        if not treatment.taken:
            words = "Invalid To phone number format." if treatment.status == 400 else "The message was not accepted."
            return _rejected(recipient, treatment.status, words)

        text = self._carriage.take(
            CarriedText(
                sid=new_id("Outgoing"),
                wire=NAME,
                account=self._resource.name,
                sender=sending.sender,
                recipient=recipient.to,
                body=sending.message,
                direction="outbound-api",
                status="queued",
                tag=sending.options.tag,
                reported=sending.options.reported,
            )
        )
        taken.append((text, treatment))
        result = {
            "to": recipient.to,
            "messageId": text.sid,
            "httpStatusCode": 202,
            "successful": True,
            "repeatabilityResult": "accepted",
        }
        if key:
            self._first_results[key] = result
            if len(self._first_results) > _MOST_REMEMBERED:
                del self._first_results[next(iter(self._first_results))]

        return result

    def _treated(self, sender: str, recipient: str, treatment: Treatment) -> Treatment:
        """Return a treatment as ACS means it: it takes texts that it knows it cannot deliver, and says so later."""
        code = None
        if not treatment.taken:
            code = treatment.code if not treatment.item and fails_later(treatment.code) else None
        elif self._carriage.opt_outs.blocks(recipient, sender):
            code = _OPTED_OUT
        elif not self._resource.owns(sender):
            code = _BAD_SENDER

        if code is None:
            return treatment

        return replace(treatment, taken=True, reports=(Report(status="failed", code=code),))

    async def _report(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request, await request.read(), _WITH_REPORTS)
        if refusal is not None:
            return refusal

        text = self._carriage.texts.get(request.match_info["id"])
        if text is None or text.wire != NAME or text.inbound or not text.reported or text.status not in FINAL:
            return _error(404, "There is no delivery report.")

        return web.json_response(delivery_report(text, Spelling()))

    def _refusal(self, request: web.Request, body: bytes, versions: Sequence[str]) -> web.Response | None:
        problem = problem_of(request, body, self._resource.access_key)
        if problem:
            return _error(401, problem)

        if request.query.get("api-version") not in versions:
            return _error(400, f"The api-version is missing or not supported ({', '.join(versions)}).")

        return None


def _is_of_the_request(treatment: Treatment) -> bool:
    if treatment.ending is not Ending.ANSWER or treatment.page:
        return True

    return not treatment.item and treatment.status >= 401


def _problem_of(recipient: Recipient) -> str:
    """Return what is wrong with one recipient, as ACS says it in its result."""
    if not E164.fullmatch(recipient.to):
        return "Invalid To phone number format."

    if bool(recipient.request_id) != bool(recipient.first_sent):
        return "Invalid DateTime of repeatabilityFirstSent: it goes with repeatabilityRequestId, in RFC1123."

    if recipient.request_id and not (_is_uuid(recipient.request_id) and recipient.first_sent_at):
        return "Invalid repeatabilityRequestId or DateTime of repeatabilityFirstSent: a UUID, and RFC1123."

    return ""


def _is_uuid(written: str) -> bool:
    try:
        UUID(written)
    except ValueError:
        return False

    return True


def _rejected(recipient: Recipient, status: int, words: str) -> dict[str, Any]:
    return {
        "to": recipient.to,
        "httpStatusCode": status,
        "successful": False,
        "errorMessage": words,
        "repeatabilityResult": "rejected",
    }


def _accepted(results: list[dict[str, Any]], shape: Value = Value.WHOLE) -> web.Response:
    shapes = {
        Value.WHOLE: results,
        Value.NULL: None,
        Value.SHORT: results[:-1],
        Value.REVERSED: results[::-1],
    }
    return web.json_response({"value": shapes[shape]}, status=202)


def _shape_of(treatments: Sequence[Treatment]) -> Value:
    return next((each.value for each in treatments if each.value is not Value.WHOLE), Value.WHOLE)


def _answer_of(treatment: Treatment | None) -> web.Response | None:
    """Return the answer that a treatment fixes for the whole request."""
    if treatment is None:
        return None

    if treatment.page:
        status = 202 if treatment.status == 201 else treatment.status
        answer = web.Response(status=status, text=treatment.page, content_type="text/html")
        if treatment.retry_after is not None:
            answer.headers["Retry-After"] = str(treatment.retry_after)

        return answer

    if treatment.status < 400:
        return None

    return _error(treatment.status, "The script of the simulator says so.", retry_after=treatment.retry_after)


def _error(status: int, words: str, *, retry_after: int | None = None) -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    error = {"code": _WORDS.get(status, "Error"), "message": words}
    return web.json_response({"error": error}, status=status, headers=headers)
