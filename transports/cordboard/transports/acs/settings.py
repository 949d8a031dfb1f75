"""What an Azure Communication Services channel is told."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from cordboard.engine.config import Number
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Capability, NumberKind, Word
from cordboard.transports.acs.numbers import unserved
from cordboard.transports.base import ChannelSettings, TransportUnavailable, require, url_problems

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

_HEADER_NAME: Final = re.compile(r"[a-z0-9-]{1,64}")

_TENANT: Final = re.compile(r"[A-Za-z0-9.-]{1,128}")


class Credential(Word):
    """What the channel shows to Azure."""

    ACCESS_KEY = "access_key"
    """One of the resource's two keys, which sign each request."""

    ENTRA = "entra"
    """The identity that this process has in Entra: a managed identity, or what the environment says."""


class EventGridToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the Entra token must say that Event Grid shows with each delivery.

    Attributes:
        tenant: The id of the Entra tenant.
        audience: The application that stands for this Cordboard there: its id or its URI.
        issuers: Who may have issued the token; both forms of the tenant's, where none are given.
        app_id: Whom it was issued to: Event Grid itself, in the public cloud.
        role: The application's role that must have been given to it; empty for none.
        keys_url: Where the keys are that sign tokens; the tenant's in the public cloud, where it is not given.
    """

    tenant: str
    audience: str
    issuers: tuple[str, ...] = ()
    app_id: str = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
    role: str = "AzureEventGridSecureWebhookSubscriber"
    keys_url: str = ""

    @property
    def accepted_issuers(self) -> tuple[str, ...]:
        """Who may have issued the token."""
        return self.issuers or (
            f"https://login.microsoftonline.com/{self.tenant}/v2.0",
            f"https://sts.windows.net/{self.tenant}/",
        )

    @property
    def source(self) -> str:
        """Where the keys are."""
        return self.keys_url or f"https://login.microsoftonline.com/{self.tenant}/discovery/v2.0/keys"


class AcsSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an Azure Communication Services channel is told.

    Attributes:
        endpoint: The resource's URL, `https://NAME.communication.azure.com`; `http` for a fake of it.
        access_key: One of the resource's keys.
        connection_string: Both of them in one, as Azure's portal shows them.
        credential: What to show to Azure.
        webhook_secret: What Event Grid shows to us: in its URL, `?secret=…`, or in a header.
        old_webhook_secrets: Others that still count, while they are being replaced.
        webhook_secret_header: The header that may carry the secret.
        event_grid_token: What else Event Grid shows, where its subscription is secured with Entra.
        event_grid_subscriptions: The names of the event subscriptions that may speak to us.
    """

    provider: str = "acs"
    endpoint: str = ""
    access_key: Secret | None = None
    connection_string: Secret | None = None
    credential: Credential = Credential.ACCESS_KEY
    webhook_secret: Secret | None = None
    old_webhook_secrets: tuple[Secret, ...] = ()
    webhook_secret_header: str = "x-cordboard-secret"  # noqa: S105 - the name of a header
    event_grid_token: EventGridToken | None = None
    event_grid_subscriptions: tuple[str, ...]

    @property
    def url(self) -> str:
        """The endpoint as it is called and signed: the SDK signs a trailing slash and chokes on capitals."""
        given = self._connection.get("endpoint", "") if self.connection_string else self.endpoint
        parts = urlsplit(given)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        usual = parts.port in (None, _DEFAULT_PORTS.get(parts.scheme))
        return f"{parts.scheme}://{host}" if usual else f"{parts.scheme}://{host}:{parts.port}"

    @property
    def key(self) -> Secret | None:
        """The access key, wherever it is written."""
        if self.connection_string:
            return Secret(self._connection.get("accesskey", ""))

        return self.access_key

    @property
    def webhook_secrets(self) -> tuple[Secret, ...]:
        """Every secret that Event Grid may show."""
        return ((self.webhook_secret,) if self.webhook_secret else ()) + self.old_webhook_secrets

    @property
    def on_loopback(self) -> bool:
        """Whether the endpoint is on this machine: a fake."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    def find_problems(self) -> Iterator[str]:
        """Yield everything that is wrong, each as `key: reason`."""
        yield from super().find_problems()
        yield from self._endpoint_problems()
        yield from self._credential_problems()
        if not self.webhook_secrets and self.event_grid_token is None:
            yield (
                "webhook_secret: is missing; without it nobody can tell Event Grid from a stranger "
                "(event_grid_token can take its place)"
            )

        if any(not each.reveal() for each in self.webhook_secrets):
            yield "webhook_secret: is empty"

        if not _HEADER_NAME.fullmatch(self.webhook_secret_header):
            yield "webhook_secret_header: expected a header's name in lower case, such as 'x-cordboard-secret'"

        if not self.event_grid_subscriptions or not all(each.strip() for each in self.event_grid_subscriptions):
            yield (
                "event_grid_subscriptions: name the event subscriptions that may speak to this channel, "
                "such as ['cordboard']; all others are refused"
            )

        if self.event_grid_token is not None:
            yield from _token_problems(self.event_grid_token)

    def find_number_problems(self, number: Number) -> Iterator[str]:
        """Yield why Azure cannot serve a number, each as `key: reason`."""
        if number.kind is not NumberKind.SHORT_CODE and (why := unserved(number.kind, number.address)):
            yield f"kind: {why}"

        if Capability.MMS in number.capabilities:
            yield "capabilities: Azure carries no attachments; remove 'mms'"

    def _endpoint_problems(self) -> Iterator[str]:
        key = "endpoint"
        if self.connection_string:
            key = "connection_string"
            if self.endpoint or self.access_key:
                yield "connection_string: has the endpoint and the access key already; remove those, or this"

            if not self._connection.get("endpoint") or not self._connection.get("accesskey"):
                yield "connection_string: expected 'endpoint=https://…;accesskey=…', as Azure's portal shows it"
                return
        elif not self.endpoint:
            yield "endpoint: is missing; it is 'https://NAME.communication.azure.com' (or give connection_string)"
            return

        given = self._connection["endpoint"] if self.connection_string else self.endpoint
        given = given[:8].lower() + given[8:]  # HTTPS:// is one as well
        problems = list(url_problems(key, given))
        if not problems and urlsplit(given).path.strip("/"):
            problems = [
                f"{key}: expected no path; Azure signs the host alone, such as 'https://NAME.communication.azure.com'"
            ]

        yield from problems
        if (
            not problems
            and self.credential is Credential.ENTRA
            and self.url.startswith("http:")
            and not self.on_loopback
        ):
            yield f"{key}: a token must not travel over http; write https"

    def _credential_problems(self) -> Iterator[str]:
        if self.credential is Credential.ENTRA:
            if self.access_key or self.connection_string:
                yield "credential: is 'entra', so no access key is needed; remove access_key and connection_string"

            yield from _missing_packages("credential", "azure.identity")
        elif self.connection_string:
            key = self._connection.get("accesskey")
            if key and not _is_base64(key):
                yield "connection_string: its access key is not base64"
        elif self.access_key is None:
            yield "access_key: is missing (or give connection_string, or credential = 'entra')"
        elif not _is_base64(self.access_key.reveal()):
            yield "access_key: is not base64"

    @property
    def _connection(self) -> dict[str, str]:
        """The parts of the connection string, by their names in lower case."""
        written = self.connection_string.reveal() if self.connection_string else ""
        pairs = (each.partition("=") for each in written.split(";"))
        return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _token_problems(token: EventGridToken) -> Iterator[str]:
    if not _TENANT.fullmatch(token.tenant):
        yield "event_grid_token.tenant: expected the id of an Entra tenant"

    if not token.audience:
        yield "event_grid_token.audience: is empty; it is the id or the URI of an Entra application"

    if not token.app_id:
        yield "event_grid_token.app_id: is empty; leave it out for Event Grid's in the public cloud"

    if token.keys_url:
        yield from url_problems("event_grid_token.keys_url", token.keys_url)

    yield from _missing_packages("event_grid_token", "jwt", "cryptography")


def _missing_packages(key: str, *modules: str) -> Iterator[str]:
    try:
        require(*modules, provider="acs", extra="acs-entra")
    except TransportUnavailable as error:
        yield f"{key}: {error}"


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
