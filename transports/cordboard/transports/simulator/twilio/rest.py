"""Twilio's REST API, simulated: requests as its SDK sends them, answers as it gives them."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import anyio
from aiohttp import web

from cordboard.engine.carrier import Media
from cordboard.transports.simulator.carriage import Carriage
from cordboard.transports.simulator.codes import twilio_code
from cordboard.transports.simulator.endings import end
from cordboard.transports.simulator.faults import Ending, Treatment
from cordboard.transports.simulator.messages import CarriedText
from cordboard.transports.simulator.twilio import forms
from cordboard.transports.simulator.twilio.accounts import Account, Accounts
from cordboard.transports.simulator.twilio.checking import Senders, problem_of
from cordboard.transports.simulator.twilio.forms import API_VERSION
from cordboard.transports.simulator.twilio.wire import NAME, new_sid
from cordboard.transports.twilio.codes import failure

_PAGE_SIZE: Final = 50
_LARGEST_PAGE: Final = 1_000

MESSAGES: Final = f"/{API_VERSION}/Accounts/{{account}}/Messages"

_STATUSES: Final = {20003: 401, 20404: 404, 20429: 429, 21611: 429}
"""HTTP statuses of errors, where they are not 400."""


class RestApi:
    """Answers REST requests.

    Args:
        accounts: Who may ask.
        carriage: Carries the texts.
        closing: The carrier closes: requests that would never be answered are let go.
    """

    def __init__(self, accounts: Accounts, carriage: Carriage, closing: anyio.Event) -> None:
        self._accounts = accounts
        self._carriage = carriage
        self._closing = closing
        self._senders = Senders()
        self._in_the_works = 0

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers to."""
        return [
            web.post(f"{MESSAGES}.json", self._create),
            web.get(f"{MESSAGES}.json", self._list),
            web.get(f"{MESSAGES}/{{sid}}.json", self._fetch),
        ]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        account = authenticated(request, self._accounts)
        if isinstance(account, web.Response):
            return account

        most = self._carriage.limits.requests_at_once
        if most and self._in_the_works >= most:
            return error(20429)

        self._in_the_works += 1
        try:
            return await self._take(request, account)
        finally:
            self._in_the_works -= 1

    async def _take(self, request: web.Request, account: Account) -> web.StreamResponse:
        form = await request.post()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        media = [value for value in form.getall("MediaUrl", []) if isinstance(value, str)]
        treatment = self._carriage.script.take(fields.get("To", ""), fields.get("Body", ""))
        await anyio.sleep(treatment.pause)
        sender = self._senders.choose(account, fields)
        if treatment.taken and (problem := problem_of(account, fields, media, sender, self._carriage)):
            return error(problem)

        answer = _answer_of(treatment) or web.json_response(status=201)
        if not treatment.taken:
            return await end(request, answer, treatment, self._closing)

        text = self._carriage.take(_text_of(account, fields, media, sender))
        if answer.status == 201 and not treatment.page:
            answer = web.json_response(forms.resource(text), status=201)

        if treatment.early:
            await self._carriage.deliver(text, treatment)
        elif treatment.ending is Ending.ANSWER:
            return await self._answer_then_deliver(request, answer, text, treatment)
        else:
            self._carriage.later(text, treatment)

        return await end(request, answer, treatment, self._closing)

    async def _answer_then_deliver(
        self, request: web.Request, answer: web.Response, text: CarriedText, treatment: Treatment
    ) -> web.Response:
        try:
            await answer.prepare(request)
            await answer.write_eof()
        finally:
            self._carriage.later(text, treatment)  # even if nobody waits for the answer any more

        return answer

    async def _list(self, request: web.Request) -> web.Response:
        account = authenticated(request, self._accounts)
        if isinstance(account, web.Response):
            return account

        try:
            found = self._carriage.texts.listed(request.query)
            size = min(max(int(request.query.get("PageSize", _PAGE_SIZE)), 1), _LARGEST_PAGE)
            page = int(request.query.get("Page", 0))
        except ValueError:
            return error(20001)

        texts = [each for each in found if each.account == account.sid and each.wire == NAME]
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
                "messages": [forms.resource(text) for text in shown],
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
        account = authenticated(request, self._accounts)
        if isinstance(account, web.Response):
            return account

        text = self._carriage.texts.get(request.match_info["sid"])
        known = text is not None and text.account == account.sid and text.wire == NAME
        return web.json_response(forms.resource(text)) if known and text else error(20404)


def authenticated(request: web.Request, accounts: Accounts) -> Account | web.Response:
    """Return the account that a request is about; or the answer to whoever may not ask about it."""
    asker = accounts.authenticate(request.headers.get("Authorization", ""))
    if asker is None:
        return error(20003)

    return accounts.named(request.match_info["account"], asker) or error(20404)


def error(code: int, status: int = 0) -> web.Response:
    """Return the answer for one of Twilio's error codes, with its usual HTTP status unless another is given."""
    status = status or _STATUSES.get(code, 400)
    body: dict[str, Any] = {
        "code": code,
        "message": failure(str(code)).text,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status)


def _text_of(account: Account, fields: dict[str, str], media: list[str], sender: str) -> CarriedText:
    service = fields.get("MessagingServiceSid", "")
    validity = fields.get("ValidityPeriod")
    return CarriedText(
        sid=new_sid(mms=bool(media)),
        wire=NAME,
        account=account.sid,
        sender=sender,
        recipient=fields["To"],
        body=fields.get("Body", ""),
        media=tuple(Media(url=url) for url in media),
        direction="outbound-api",
        status="accepted" if service else "queued",
        callback=fields.get("StatusCallback", ""),
        service=service,
        validity=float(validity) if validity else None,
    )


def _answer_of(treatment: Treatment) -> web.Response | None:
    """Return the answer that a treatment fixes; None where it depends on the text."""
    if treatment.page:
        answer = web.Response(status=treatment.status, text=treatment.page, content_type="text/html")
    elif treatment.code is not None:
        answer = error(twilio_code(treatment.code), treatment.status)
    elif treatment.status >= 400:
        answer = web.Response(status=treatment.status)
    else:
        return None

    if treatment.retry_after is not None:
        answer.headers["Retry-After"] = str(treatment.retry_after)

    return answer
