"""Ways to spoil a request. Each takes its chances from the generator it is given, so that a seed repeats them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from msgspec.structs import replace

from cordboard.engine.carrier import WebhookRequest

Mutation: TypeAlias = Callable[[Random, WebhookRequest], WebhookRequest]

LONGEST: Final = 1024 * 1024
"""Bytes of a body: the door takes no longer one."""

SCRAPS: Final = (
    *[b"", b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r\n", b"%", b"%zz", b"%00", b"%FF", b"+"],
    *[b"&", b"=", b"&&", b"==", b";", b"&a=b", b"&=", b"?", b"#", b'"', b"'", b"\\", b"\\u0000", b"\\ud83d", b"{}"],
    *[b"[", b"]", b"{", b"}", b"null", b"NaN", b"1e999", b"-0", b"9" * 400, b"true", b":", b",", b"\xf0\x9f\x91\x8b"],
)

TEXTS: Final = (
    *["", " ", "\0", "a\0b", "\ud83d", "\udc00\ud800", "\u202e", "\ufeff", "👋" * 500, "é", "ß", "İ", "٣", "²"],
    *[
        "+",
        "+1",
        "-1",
        "0",
        "00",
        "1e5",
        "1.0",
        "0x10",
        "9" * 15,
        "9" * 400,
        "None",
        "null",
        "true",
        "../..",
        "a" * 9000,
    ],
    *[
        "delivered",
        "DELIVERED",
        "received",
        "failed",
        "http://[",
        "https://x",
        "file:///",
        "javascript:1",
        "%s",
        "{to}",
    ],
)

VALUES: Final[tuple[Any, ...]] = (
    *[None, True, False, 0, -1, 1.5, 1e300, 2**31, 2**53 + 1, 2**63, 2**64, -(2**64), 10**400, [], {}, [[]], [None]],
    *[{"": ""}, [{}] * 3, {"0": "1"}, {"a": {"b": ["c"]}}],
)

METHODS: Final = ("GET", "POST", "OPTIONS", "PUT", "HEAD", "post", "", "GET ", "\0")


def spoil(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Return a request with one to four things about it changed."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        request = chance.choice(MUTATIONS)(chance, request)

    return replace(request, body=request.body[:LONGEST])


def flip(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Change some bytes of the body."""
    body = bytearray(request.body)
    for _ in range(chance.choice((1, 1, 2, 8)) if body else 0):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)

    return replace(request, body=bytes(body))


def cut(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Take a piece out of the body, often its end."""
    start = chance.randint(0, len(request.body))
    end = len(request.body) if chance.random() < 0.5 else chance.randint(start, len(request.body))
    return replace(request, body=request.body[:start] + request.body[end:])


def repeat(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Say a piece of the body, or all of it, again; now and then very often."""
    start = chance.choice((0, chance.randint(0, len(request.body))))
    piece = request.body[start:]
    times = min(chance.choice((1, 1, 1, 2, 50, 2_000)), LONGEST // max(1, len(piece)))
    return replace(request, body=request.body + piece * times)


def insert(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Put a scrap somewhere into the body."""
    at = chance.randint(0, len(request.body))
    return replace(request, body=request.body[:at] + chance.choice(SCRAPS) + request.body[at:])


def nest(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Wrap the body into JSON that is deep."""
    depth = chance.choice((1, 2, 100, 1_000, 100_000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"[", b""), (b'[{"a":', b"}]")))
    return replace(request, body=opening * depth + request.body + closing * depth)


def rearrange_form(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Shuffle, swap, rename, drop or double the fields of a form, or move where a name ends."""
    return replace(request, body=_rearranged(chance, request.body.decode("latin-1")).encode("latin-1"))


def rearrange_query(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Do the same to the query."""
    path, _, query = request.url.partition("?")
    return replace(request, url=f"{path}?{_rearranged(chance, query)}")


def rearrange_json(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Put something else into a value of the body, drop it, double it, or swap it with another."""
    try:
        document = json.loads(request.body)
        for _ in range(chance.choice((1, 1, 2, 5))):
            document = _rearranged_json(chance, document)

        written = json.dumps(document, ensure_ascii=chance.random() < 0.5)
    except (ValueError, RecursionError):
        return insert(chance, request)  # it is no JSON, or too deep for us

    return replace(request, body=written.encode(errors="replace"))


def change_url(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Put something into the URL, or take something out of it."""
    at = chance.randint(0, len(request.url))
    put = chance.choice(("", "?", "&", "#", "%", "/", "//", ":443", "@", "user:pass@", "\0", "é", chance.choice(TEXTS)))
    return replace(request, url=request.url[:at] + put + request.url[at + chance.choice((0, 0, 1, 9)) :])


def change_header(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Drop a header, change it, take its value from another, or add one."""
    headers = dict(request.headers)
    name = chance.choice(sorted(headers)) if headers else "x"
    match chance.randrange(5):
        case 0:
            headers.pop(name, None)
        case 1:
            value = headers.get(name, "")
            at = chance.randint(0, len(value))
            headers[name] = value[:at] + chance.choice(("", "A", "=", "é", "\0", " ")) + value[at + 1 :]
        case 2:
            headers[name] = chance.choice(TEXTS).encode("latin-1", "replace").decode("latin-1")  # as the door reads it
        case 3:
            headers[name] = headers[chance.choice(sorted(headers))] if headers else ""
        case _:
            kind = chance.choice(
                ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "é/\0")
            )
            headers["content-type"] = kind

    return replace(request, headers=headers)


def change_method(chance: Random, request: WebhookRequest) -> WebhookRequest:
    """Use another method; perhaps with what the body says as a query, or the other way round."""
    method = chance.choice(METHODS)
    if chance.random() < 0.5:
        return replace(request, method=method)

    path, _, query = request.url.partition("?")
    return replace(
        request,
        method=method,
        url=f"{path}?{request.body[:5_000].decode('latin-1')}",
        body=query.encode(errors="replace"),
    )


MUTATIONS: Final[tuple[Mutation, ...]] = (
    flip,
    cut,
    repeat,
    insert,
    nest,
    rearrange_form,
    rearrange_form,
    rearrange_query,
    rearrange_json,
    rearrange_json,
    change_url,
    change_header,
    change_method,
)


def _rearranged(chance: Random, form: str) -> str:
    fields = form.split("&")
    one, other = chance.randrange(len(fields)), chance.randrange(len(fields))
    name, _, value = fields[one].partition("=")
    match chance.randrange(7):
        case 0:
            chance.shuffle(fields)
        case 1:
            fields[one], fields[other] = f"{name}={fields[other].partition('=')[2]}", fields[one]
        case 2:
            fields[one] = f"{name}={quote(chance.choice(TEXTS), errors='replace')}"
        case 3:
            fields[one] = f"{quote(chance.choice(TEXTS), errors='replace')}={value}"
        case 4:
            del fields[one]
        case 5:
            fields.insert(other, fields[one])
        case _:
            whole = name + value
            at = chance.randint(0, len(whole))
            fields[one] = f"{whole[:at]}={whole[at:]}"

    return "&".join(fields)


def _rearranged_json(chance: Random, document: Any) -> Any:
    """Return a document with one thing in it changed, in place where that can be."""
    places = list(_places(document))
    if not places:
        return chance.choice(VALUES)

    holder, key = chance.choice(places)
    match chance.randrange(6):
        case 0:
            holder[key] = chance.choice(VALUES)
        case 1:
            holder[key] = chance.choice(TEXTS)
        case 2:
            del holder[key]
        case 3:
            other, name = chance.choice(places)
            holder[key], other[name] = _copy(other[name]), _copy(holder[key])
        case 4 if isinstance(holder, list):
            holder.append(_copy(holder[key]))
        case 4:
            holder[chance.choice(TEXTS)] = holder.pop(key)
        case _:
            return [document, _copy(document)] if chance.random() < 0.5 else {"results": document}

    return document


def _places(document: Any) -> Any:
    """Yield every place in a document that holds a value: its table or list, and its name or number there."""
    if isinstance(document, dict | list):
        for key in list(document) if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from _places(document[key])


def _copy(document: Any) -> Any:
    return json.loads(json.dumps(document))
