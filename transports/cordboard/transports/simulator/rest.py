"""The REST API of a simulated carrier: requests as Twilio's SDK sends them, answers as Twilio gives them."""

from __future__ import annotations

import hmac
import socket
import struct
import uuid
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlencode

import anyio
from aiohttp import web

from cordboard.engine.carrier import Media
from cordboard.engine.config import E164
from cordboard.engine.secret import Secret
from cordboard.transports.simulator.faults import Ending, Report, Script, Treatment
from cordboard.transports.simulator.messages import API_VERSION, CarriedText, CarriedTexts
from cordboard.transports.twilio.codes import ERRORS

_PAGE_SIZE: Final = 50
_LARGEST_PAGE: Final = 1_000

_LONGEST_BODY: Final = 1_600
_MOST_MEDIA: Final = 10
_LONGEST_URL: Final = 4_000

_MAGIC: Final = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""Customers to whom a text always fails, as with Twilio's test credentials."""


class RestApi:
    """Answers REST requests.

    Args:
        account: The account's id.
        auth_token: Its password.
        texts: The texts that the carrier remembers.
        script: How texts are treated.
        owns: Whether a number is the account's.
        bring: Shows the customer that a text is coming, brings it, and reports on it so; returns when all is done.
        later: Begins a `bring` that goes on by itself.
    """

    def __init__(
        self,
        *,
        account: str,
        auth_token: Secret,
        texts: CarriedTexts,
        script: Script,
        owns: Callable[[str], bool],
        bring: Callable[[CarriedText, tuple[Report, ...]], Awaitable[None]],
        later: Callable[[CarriedText, tuple[Report, ...]], None],
    ) -> None:
        self._account = account
        self._credentials = b"Basic " + b64encode(f"{account}:{auth_token.reveal()}".encode())
        self._texts = texts
        self._script = script
        self._owns = owns
        self._bring = bring
        self._later = later
        self._closing = anyio.Event()

    def application(self) -> web.Application:
        """Return the web application."""
        application = web.Application()
        messages = f"/{API_VERSION}/Accounts/{{account}}/Messages"
        application.add_routes(
            [
                web.post(f"{messages}.json", self._create),
                web.get(f"{messages}.json", self._list),
                web.get(f"{messages}/{{sid}}.json", self._fetch),
                web.route("*", "/{anything:.*}", self._find_nothing),
            ]
        )
        application.on_response_prepare.append(_name_request)
        return application

    def close(self) -> None:
        """Let go of requests that would never be answered."""
        self._closing.set()

    async def _create(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal

        form = await request.post()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        media = [value for value in form.getall("MediaUrl", []) if isinstance(value, str)]
        treatment = self._script.take(fields.get("To", ""))
        if treatment.taken and (problem := self._problem(fields, media)):
            return _error(400, problem)

        answer = _answer_of(treatment)
        if treatment.taken:
            text = self._texts.add(
                sender=fields["From"],
                recipient=fields["To"],
                body=fields.get("Body", ""),
                media=tuple(Media(url=url) for url in media),
                direction="outbound-api",
                status="queued",
                callback=fields.get("StatusCallback", ""),
            )
            answer = answer or web.json_response(text.resource(self._account), status=201)
            if treatment.early:
                await self._bring(text, treatment.reports)
            elif treatment.ending is Ending.ANSWER:
                return await self._answer_then_bring(request, answer, text, treatment.reports)
            else:
                self._later(text, treatment.reports)

        if treatment.ending is Ending.HANG:
            await self._closing.wait()

        if treatment.ending is Ending.ANSWER and answer is not None:
            return answer

        begun = await _begin(request)
        if treatment.ending is Ending.STALL:
            await self._closing.wait()

        _reset(request)
        return begun

    async def _answer_then_bring(
        self, request: web.Request, answer: web.Response, text: CarriedText, reports: tuple[Report, ...]
    ) -> web.Response:
        try:
            await answer.prepare(request)
            await answer.write_eof()
        finally:
            self._later(text, reports)  # even if nobody waits for the answer any more

        return answer

    async def _list(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal

        try:
            texts = self._texts.listed(request.query)
            size = min(max(int(request.query.get("PageSize", _PAGE_SIZE)), 1), _LARGEST_PAGE)
            page = int(request.query.get("Page", 0))
        except ValueError:
            return _error(400, 20001)

        # The token names the last text of the page before: texts that have come meanwhile do not shift the pages.
        last = request.query.get("PageToken", "").removeprefix("PA")
        start = next((at for at, text in enumerate(texts, start=1) if text.sid == last), page * size)
        shown = texts[start : start + size]
        following = None
        if start + size < len(texts):
            query = {**request.query, "Page": page + 1, "PageSize": size, "PageToken": f"PA{shown[-1].sid}"}
            following = f"{request.path}?{urlencode(query)}"

        return web.json_response(
            {
                "messages": [text.resource(self._account) for text in shown],
                "page": page,
                "page_size": size,
                "start": start,
                "end": start + max(len(shown) - 1, 0),
                "uri": request.path_qs,
                "first_page_uri": f"{request.path}?{urlencode({'PageSize': size, 'Page': 0})}",
                "next_page_uri": following,
                "previous_page_uri": None,
            }
        )

    async def _fetch(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal

        text = self._texts.get(request.match_info["sid"])
        return _error(404, 20404) if text is None else web.json_response(text.resource(self._account))

    async def _find_nothing(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler's signature
        return _error(404, 20404)

    def _refusal(self, request: web.Request) -> web.Response | None:
        shown = request.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(shown, self._credentials):
            return _error(401, 20003)

        return None if request.match_info["account"] == self._account else _error(404, 20404)

    def _problem(self, fields: dict[str, str], media: list[str]) -> int | None:
        """Return the code of what is wrong with a text, as Twilio checks it."""
        sender, recipient, body = (fields.get(name, "") for name in ("From", "To", "Body"))
        callback = fields.get("StatusCallback", "")
        checks = {
            21604: not recipient,
            21211: not E164.fullmatch(recipient) or recipient == sender,
            21705: not sender and "MessagingServiceSid" in fields,  # there are no messaging services here
            21603: not sender,
            21606: not self._owns(sender),
            21602: not body and not media,
            21617: len(body) > _LONGEST_BODY,
            21623: len(media) > _MOST_MEDIA,
            21620: not all(map(_is_url, media)),
            21609: bool(callback) and not _is_url(callback),
        }
        return next((code for code, wrong in checks.items() if wrong), None) or _MAGIC.get(recipient)


def _is_url(written: str) -> bool:
    return written.startswith(("http://", "https://")) and len(written) <= _LONGEST_URL


def _answer_of(treatment: Treatment) -> web.Response | None:
    """Return the answer that a treatment fixes; None where it depends on the text."""
    if treatment.page:
        answer = web.Response(status=treatment.status, text=treatment.page, content_type="text/html")
    elif treatment.code is not None:
        answer = _error(treatment.status, treatment.code)
    else:
        return None

    if treatment.retry_after is not None:
        answer.headers["Retry-After"] = str(treatment.retry_after)

    return answer


def _error(status: int, code: int) -> web.Response:
    body: dict[str, Any] = {
        "code": code,
        "message": ERRORS.get(code, "Something is wrong."),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status)


async def _name_request(request: web.Request, answer: web.StreamResponse) -> None:  # noqa: ARG001 - a signal's signature
    answer.headers["Twilio-Request-Id"] = "RQ" + uuid.uuid4().hex


async def _begin(request: web.Request) -> web.StreamResponse:
    """Begin an answer that is never finished."""
    answer = web.StreamResponse(status=201, headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await answer.prepare(request)
    await answer.write(b'{"sid": "')
    return answer


def _reset(request: web.Request) -> None:
    if request.transport is not None:
        # Without lingering, closing is a reset.
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
