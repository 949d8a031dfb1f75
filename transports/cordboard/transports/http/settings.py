"""What an HTTP channel is told: how its carrier is asked to send, what it answers, and what it says at our door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from cordboard.engine.carrier import Capabilities, Pace
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import FailureKind, NumberKind, Word
from cordboard.transports.base import ChannelSettings, url_problems
from cordboard.transports.http.templates import SAFE, placeholders_in, template_problems
from cordboard.transports.http.words import ReportWord

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, section 5.6.2."""

_OURS: Final = frozenset({"content-length", "content-type", "transfer-encoding", "host", "connection"})
"""Headers that follow from the request."""

_SECRETIVE: Final = re.compile("auth|key|token|secret|password", re.IGNORECASE)
"""Names of headers that carry credentials."""

_HEADER_TEXT: Final = re.compile(r"[\x20-\x7e]*")


class Method(Word):
    """How a text is handed over."""

    POST = "POST"
    GET = "GET"
    PUT = "PUT"


class Format(Word):
    """How fields are written in a body."""

    JSON = "json"
    FORM = "form"


class Proof(Word):
    """How a request shows that it is the carrier's."""

    SECRET = "secret"  # noqa: S105 - a word
    """It brings a secret that nobody else knows."""

    HMAC_SHA256 = "hmac_sha256"
    """It brings a signature of its body under such a secret."""


class Digits(Word):
    """How a signature is written."""

    HEX = "hex"
    BASE64 = "base64"


class Sending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the carrier is asked to send. Strings may have placeholders.

    Attributes:
        url: The address.
        method: The method.
        format: How `body` is written.
        query: Fields of the address's query.
        body: Fields of the body; in JSON they may be nested.
        headers: More headers.
        user: A name for basic authentication; empty for none.
        password: Its password.
        gsm: What `{alphabet}` is for a text that GSM-7 can carry.
        unicode: What it is for every other.
    """

    url: str = ""
    method: Method = Method.POST
    format: Format = Format.JSON
    query: dict[str, str] = {}
    body: dict[str, Any] = {}
    headers: dict[str, str] = {}
    user: str = ""
    password: Secret | None = None
    gsm: str = "text"
    unicode: str = "unicode"


class Answers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the carrier answers.

    Attributes:
        id: Where its id of the text is, such as `messages.0.id`.
        id_pattern: A regular expression whose first group is the id, in answers that are no JSON.
        error: Where an error's code is.
        fine: Codes that stand there when all is well.
        errors: What codes mean, or HTTP statuses.
    """

    id: str = ""
    id_pattern: str = ""
    error: str = ""
    fine: tuple[str, ...] = ()
    errors: dict[str, FailureKind] = {}


class Receiving(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the carrier says at our door, and how it shows that it is the carrier. Fields are named by their paths.

    Attributes:
        proof: How.
        header: The header that has the secret or the signature.
        query: The field of the query that has the secret, if no header has.
        prefix: What stands before it in the header, such as `Bearer ` or `sha256=`.
        digits: How a signature is written.
        keys: The secrets: any of them proves a request, so that one can take over from another.
        format: How a body is written.
        events: Where the events are, if they are not the whole body: a table, or a list of them.
        id: The carrier's id of a customer's text.
        sender: The customer's number.
        recipient: The number of ours.
        text: The text.
        media: The addresses of attachments.
        segments: How many SMS the text took.
        report_id: The carrier's id of a text of ours.
        report_status: How far it has come.
        report_error: Why no further.
        report_reference: Our own id of it, the `{message}` that it was sent with.
        words: What the carrier's words in `report_status` mean: a list of them for each of ours.
        errors: What its codes in `report_error` mean.
        plus: Whether numbers of more than eight digits without a plus sign are E.164 that lacks it.
        answer: What to answer; empty for an answer without a body.
    """

    proof: Proof = Proof.SECRET
    header: str = ""
    query: str = ""
    prefix: str = ""
    digits: Digits = Digits.HEX
    keys: tuple[Secret, ...] = ()
    format: Format = Format.JSON
    events: str = ""
    id: str = "id"
    sender: str = "from"
    recipient: str = "to"
    text: str = "text"
    media: str = "media"
    segments: str = "segments"
    report_id: str = "id"
    report_status: str = "status"
    report_error: str = "error"
    report_reference: str = "reference"
    words: dict[ReportWord, tuple[str, ...]] = {}
    errors: dict[str, FailureKind] = {}
    plus: bool = True
    answer: str = ""


class HttpSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an HTTP channel is told.

    Attributes:
        max_characters: The longest body, in characters.
        mms: Whether it carries attachments.
        idempotent: Whether the carrier takes a text with an `{id}` that it knew within the hour for the same text.
        pace: What a number may send; nothing is held back where it is left out.
        secrets: What `{secrets.NAME}` stands for.
        send: How the carrier is asked to send.
        answer: What it answers.
        receive: What it says at our door.
    """

    provider: str = "http"
    public_url: str  # the carrier has to call us
    max_characters: Annotated[int, Meta(ge=1)] = 1600
    mms: bool = False
    idempotent: bool = False
    pace: Pace | None = None
    secrets: dict[str, Secret] = {}  # noqa: RUF012 - msgspec copies it
    send: Sending = Sending()
    answer: Answers = Answers()
    receive: Receiving = Receiving()

    @property
    def capabilities(self) -> Capabilities:
        """What the carrier can do, as far as it was told."""
        return Capabilities(
            max_characters=self.max_characters,
            mms=self.mms,
            idempotent_send=self.idempotent,
            pace=dict.fromkeys(NumberKind, self.pace) if self.pace else {},
        )

    def find_problems(self) -> Iterator[str]:
        """Yield everything that is wrong, each as `key: reason`."""
        if not self.public_url:
            yield "public_url: is empty; the carrier calls this URL"

        yield from super().find_problems()
        yield from self._problems_of_sending()
        yield from self._problems_of_answers()
        yield from self._problems_of_receiving()

    def _problems_of_sending(self) -> Iterator[str]:
        send = self.send
        if not send.url:
            yield "send.url: is missing: where the carrier is asked to send"
        else:
            yield from url_problems("send.url", send.url)
            yield from template_problems("send.url", send.url, self.secrets)

        if send.method is Method.GET and send.body:
            yield "send.body: a GET request has none; use send.query"

        if send.format is Format.FORM:
            for name, each in send.body.items():
                if isinstance(each, dict | list):
                    yield f"send.body.{name}: a form has no tables and no lists; write format = 'json'"

        yield from template_problems("send.query", send.query, self.secrets)
        yield from template_problems("send.body", send.body, self.secrets)
        yield from template_problems("send.headers", send.headers, self.secrets, known=SAFE)
        for name, value in send.headers.items():
            yield from _header_problems(f"send.headers.{name}", name)
            if name.lower() in _OURS or (name.lower() == "authorization" and send.user):
                yield f"send.headers.{name}: is set by itself"

            if not _HEADER_TEXT.fullmatch(value):
                yield f"send.headers.{name}: has a character that a header cannot carry"
            elif _SECRETIVE.search(name) and "{" not in value:
                yield f"send.headers.{name}: keep what is secret under secrets, and write {{secrets.NAME}} here"

        for name, secret in self.secrets.items():
            if not _HEADER_TEXT.fullmatch(secret.reveal()):
                yield f"secrets.{name}: has a character that a header cannot carry"

        if bool(send.user) != bool(send.password):
            yield f"send.{'password' if send.user else 'user'}: basic authentication needs a user and a password"

        used = set(_placeholders((send.url, send.query, send.body, send.headers)))
        for name in ("to", "text"):
            if send.url and not used & {name, f"{name}_digits"}:
                yield f"send: nothing of it has {{{name}}}: no text can be sent like this"

        if self.idempotent and "id" not in used:
            yield "idempotent: needs {id} in what is sent, where the carrier looks for it"

    def _problems_of_answers(self) -> Iterator[str]:
        if self.answer.id and self.answer.id_pattern:
            yield "answer.id_pattern: answer.id says already where the id is; use one of them"

        try:
            pattern = re.compile(self.answer.id_pattern)
        except re.error as error:
            yield f"answer.id_pattern: is no regular expression: {error}"
        else:
            if self.answer.id_pattern and not pattern.groups:
                yield "answer.id_pattern: needs a group, such as 'id=(.+)': what it matches is the id"

        if self.answer.fine and not self.answer.error:
            yield "answer.fine: needs answer.error, where the codes are"

    def _problems_of_receiving(self) -> Iterator[str]:
        receive = self.receive
        if not receive.keys:
            yield "receive.keys: is missing: without a secret, anybody could write texts in customers' names"

        if not all(each.reveal() for each in receive.keys):
            yield "receive.keys: one of them is empty"

        if bool(receive.header) == bool(receive.query):
            yield "receive.header: name the header that has the proof, or the field of the query (receive.query)"
        elif receive.query and receive.proof is Proof.HMAC_SHA256:
            yield "receive.query: a signature comes in a header"

        if receive.header:
            yield from _header_problems("receive.header", receive.header)

        for name in ("id", "sender", "recipient", "text", "report_id", "report_status"):
            if not getattr(receive, name):
                yield f"receive.{name}: is empty"

        meanings: dict[str, ReportWord] = {}
        for meaning, words in receive.words.items():
            for at, each in enumerate(words):
                if meanings.setdefault(each.casefold(), meaning) is not meaning:
                    yield f"receive.words.{meaning.value}[{at}]: {each!r} means something else already"

        if not _HEADER_TEXT.fullmatch(receive.answer):
            yield "receive.answer: expected printable ASCII on one line"


def _header_problems(key: str, name: str) -> Iterator[str]:
    if not _HEADER_NAME.fullmatch(name):
        yield f"{key}: {name!r} is no name of a header"


def _placeholders(template: object) -> Iterator[str]:
    match template:
        case str():
            try:
                yield from placeholders_in(template)
            except ValueError:
                return  # it is blamed elsewhere
        case dict():
            for each in template.values():
                yield from _placeholders(each)
        case list() | tuple():
            for each in template:
                yield from _placeholders(each)
        case _:
            return
