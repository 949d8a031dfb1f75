"""A text's attachments in Twilio's REST API: their list, and what they are."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

from aiohttp import web

from cordboard.transports.simulator.carriage import Carriage
from cordboard.transports.simulator.messages import CarriedText
from cordboard.transports.simulator.twilio import forms
from cordboard.transports.simulator.twilio.accounts import Accounts
from cordboard.transports.simulator.twilio.media import KeptMedia, MediaShelf
from cordboard.transports.simulator.twilio.rest import MESSAGES, authenticated, error


class MediaApi:
    """Answers requests about attachments, for whoever has the account's credentials.

    Args:
        accounts: Who may ask.
        carriage: Knows the texts.
        shelf: What they came with.
    """

    def __init__(self, accounts: Accounts, carriage: Carriage, shelf: MediaShelf) -> None:
        self._accounts = accounts
        self._carriage = carriage
        self._shelf = shelf

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers to."""
        return [
            web.get(f"{MESSAGES}/{{sid}}/Media.json", self._list),
            web.get(f"{MESSAGES}/{{sid}}/Media/{{media}}.json", self._fetch),
            web.get(f"{MESSAGES}/{{sid}}/Media/{{media}}", self._content),
            web.get("/media/{ticket}", self._elsewhere),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        text = self._text(request)
        if isinstance(text, web.Response):
            return text

        kept = self._shelf.of(text.sid)
        return web.json_response(
            {
                "media_list": [_resource(text, each) for each in kept],
                "page": 0,
                "page_size": 50,
                "start": 0,
                "end": max(len(kept) - 1, 0),
                "uri": request.path_qs,
                "first_page_uri": request.path_qs,
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    async def _fetch(self, request: web.Request) -> web.Response:
        text = self._text(request)
        if isinstance(text, web.Response):
            return text

        kept = self._shelf.get(text.sid, request.match_info["media"])
        return error(20404) if kept is None else web.json_response(_resource(text, kept))

    async def _content(self, request: web.Request) -> web.Response:
        text = self._text(request)
        if isinstance(text, web.Response):
            return text

        kept = self._shelf.get(text.sid, request.match_info["media"])
        if kept is None:
            return error(20404)

        account = self._accounts.get(text.account)
        if account is not None and account.media_elsewhere:
            # The same machine under another name: for a client, another host.
            raise web.HTTPTemporaryRedirect(f"http://localhost:{request.url.port}/media/{kept.ticket}")

        return _content_of(kept)

    async def _elsewhere(self, request: web.Request) -> web.Response:
        kept = self._shelf.get_by_ticket(request.match_info["ticket"])
        if kept is None:
            return web.Response(status=403)

        if "Authorization" in request.headers:
            return web.Response(status=400, text="Only one way to show who you are is allowed.")

        return _content_of(kept)

    def _text(self, request: web.Request) -> CarriedText | web.Response:
        account = authenticated(request, self._accounts)
        if isinstance(account, web.Response):
            return account

        text = self._carriage.texts.get(request.match_info["sid"])
        return text if text is not None and text.account == account.sid else error(20404)


def _content_of(kept: KeptMedia) -> web.Response:
    return web.Response(body=kept.content.data, headers={"Content-Type": kept.content.content_type})


def _resource(text: CarriedText, kept: KeptMedia) -> dict[str, Any]:
    return {
        "sid": kept.sid,
        "account_sid": text.account,
        "parent_sid": text.sid,
        "content_type": kept.content.content_type,
        "date_created": format_datetime(text.taken_at),
        "date_updated": format_datetime(text.taken_at),
        "uri": f"{forms.uri_of(text)}/Media/{kept.sid}.json",
    }
