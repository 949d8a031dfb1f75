"""What transports share: the common part of their settings, and how a provider's transport is found."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Final, Protocol

from msgspec import Struct

from cordboard.engine.config import HOUR, Channel, LongEnough, Name, Number
from cordboard.engine.errors import CordboardError, Fault
from cordboard.engine.ports import Transport
from cordboard.engine.vocabulary import Keyword

GROUP: Final = "cordboard.transports"
"""The entry points under which transports are found, each named for its provider."""

BUILT_IN: Final = {
    "acs": "cordboard.transports.acs:AcsTransport",
    "http": "cordboard.transports.http:HttpTransport",
    "simulator": "cordboard.transports.simulator:SimulatorTransport",
    "twilio": "cordboard.transports.twilio:TwilioTransport",
}
"""What is in the box; found even where Cordboard runs from its sources, with nothing installed."""

_URL: Final = re.compile(
    r"""
    https?://
    (?: [\w-]{1,63} (?: \. [\w-]{1,63} )* \.?   # a name: what is not one cannot even be looked up
      | \[ [0-9A-Fa-f:.]+ \] )
    (?: : (?P<port> \d{1,5} ) )?
    (?: / [!"$->@-~]* )?                        # a path: every printable ASCII character but # and ?
    """,
    re.VERBOSE | re.ASCII,
)


class TransportUnavailable(CordboardError):
    """There is no transport for a provider, or a package that it needs is not installed."""

    fault = Fault.OPERATOR


class ChannelSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every channel is told; each transport adds what it needs.

    Raises:
        ValueError: The settings cannot be used. Each line of the message is one problem, as `key: reason`.

    Attributes:
        name: The channel's name; its door is `/webhooks/{name}`.
        provider: The transport's entry point.
        public_url: Where the carrier finds this Cordboard, without `/webhooks`; empty where no carrier calls.
        report_timeout: See `cordboard.engine.config.Channel`.
        answers_keywords: See `cordboard.engine.config.Channel`.
        smart_encoding: See `cordboard.engine.config.Channel`.
        hours: See `cordboard.engine.config.Channel`.
    """

    name: Name
    provider: str
    public_url: str = ""
    report_timeout: LongEnough = 1 * HOUR
    answers_keywords: tuple[Keyword, ...] = ()
    smart_encoding: bool = False
    hours: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be used."""
        problems = "\n".join(self.find_problems())
        if problems:
            raise ValueError(problems)

    def find_problems(self) -> Iterator[str]:
        """Yield everything that is wrong, each as `key: reason`. Subclasses add to it."""
        if self.public_url:
            yield from url_problems("public_url", self.public_url)

    def find_number_problems(self, number: Number) -> Iterator[str]:  # noqa: ARG002 - for subclasses
        """Yield why the carrier cannot serve a number of the channel, each as `key: reason`. Subclasses add to it."""
        yield from ()

    @property
    def channel(self) -> Channel:
        """The channel, as far as the board has to know it."""
        shared = [each for each in Channel.__struct_fields__ if each in self.__struct_fields__]
        return Channel(**{each: getattr(self, each) for each in shared})

    @property
    def webhook_url(self) -> str:
        """The URL that the carrier calls."""
        return f"{self.public_url.rstrip('/')}/webhooks/{self.name}"


class ConfiguredTransport(Transport, Protocol):
    """A transport that can be made from a configuration file.

    Attributes:
        Settings: What its channels are told.
        public_url: Where the carrier finds this Cordboard: the beginning of every URL that `receive` is given.
    """

    Settings: ClassVar[type[ChannelSettings]]

    def __init__(self, settings: Any) -> None: ...

    @property
    def public_url(self) -> str: ...  # noqa: D102 - documented on the class


def url_problems(key: str, url: str) -> Iterator[str]:
    """Yield what is wrong with a URL that others are built on. It is not repeated: it may carry a password."""
    match = _URL.fullmatch(url)
    if match is None or int(match["port"] or 0) > 65_535:
        yield (
            f"{key}: expected an http or https URL with a host and perhaps a path, but no user, query or fragment, "
            "such as 'https://sms.example.com'"
        )


def find_transport(provider: str) -> type[ConfiguredTransport]:
    """Return the transport of a provider.

    Raises:
        TransportUnavailable: Nothing of that name is installed, a package it needs is missing, or it is broken.
    """
    installed = _installed(tuple(sys.path))
    if provider not in installed:  # perhaps it was installed a moment ago
        _installed.cache_clear()
        installed = _installed(tuple(sys.path))

    entry = installed.get(provider)
    if entry is None:
        raise TransportUnavailable(
            f"there is no transport for provider {provider!r} (installed: {', '.join(sorted(installed))}); "
            "install the package that brings it, or correct the name"
        )

    try:
        found: type[ConfiguredTransport] = entry.load()
    except TransportUnavailable:  # what `require` says of the packages that it needs
        raise
    except ModuleNotFoundError as error:
        raise TransportUnavailable(
            f"the transport for provider {provider!r} cannot be loaded: {error.name!r} is not installed"
        ) from error
    except Exception as error:
        # Whatever a package of somebody else's does when it is imported.
        raise TransportUnavailable(
            f"the transport for provider {provider!r} ({entry.value}) cannot be loaded: {type(error).__name__}: {error}"
        ) from error

    return found


def require(*modules: str, provider: str, extra: str) -> None:
    """Return if top-level modules can be imported. Nothing is imported.

    Raises:
        TransportUnavailable: One cannot; the error names the extra to install.
    """
    missing = [each for each in modules if importlib.util.find_spec(each) is None]
    if missing:
        raise TransportUnavailable(
            f"provider {provider!r} needs packages that are not installed ({', '.join(missing)}): "
            f'pip install ".[{extra}]" in a checkout of Cordboard'
        )


@lru_cache(maxsize=1)  # there is one path at a time
def _installed(path: tuple[str, ...]) -> dict[str, EntryPoint]:  # noqa: ARG001 - it is what is looked through
    """Return the entry points by provider. What others installed goes before what is in the box.

    To find them, every installed package is opened, which takes longer than reading a configuration.

    Args:
        path: Where Python looks for packages.
    """
    built_in = {name: EntryPoint(name=name, value=value, group=GROUP) for name, value in BUILT_IN.items()}
    return built_in | {entry.name: entry for entry in entry_points(group=GROUP)}
