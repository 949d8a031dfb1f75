"""A resource at the simulated Azure Communication Services, and where its Event Grid brings events."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta, Struct

from cordboard.engine.secret import Secret


class Schema(enum.Enum):
    """How events are written."""

    EVENT_GRID = "event-grid"
    """Microsoft's own: always a list."""

    CLOUD_EVENTS = "cloud-events"
    """CloudEvents 1.0: one object, or a list of them where they come in batches."""


class Spelling(Struct, frozen=True, kw_only=True):
    """How events spell what Microsoft's own samples spell in several ways.

    Attributes:
        plus: Whether numbers have their plus sign.
        tag: The name of a report's tag: `tag` or `Tag`.
        fraction: Digits of a second's fraction, 2 to 7.
    """

    plus: bool = True
    tag: str = "tag"
    fraction: Annotated[int, Meta(ge=2, le=7)] = 7


class Subscription(Struct, frozen=True, kw_only=True):
    """A subscription of a webhook to a resource's events.

    Attributes:
        url: The webhook, with the secret in its query where it is there.
        name: Its name, which every call says.
        schema: How events are written.
        batch: How many events one call may bring.
        headers: What else every call says, such as a secret.
        spelling: See `Spelling`.
        hurry: How much faster than at Azure everything is tried again: 1 is as there, where the second try comes after
            10 seconds and the last within a day.
    """

    url: str
    name: str = "cordboard"
    schema: Schema = Schema.EVENT_GRID
    batch: Annotated[int, Meta(ge=1, le=5_000)] = 1
    headers: dict[str, str] = {}
    spelling: Spelling = Spelling()
    hurry: Annotated[float, Meta(gt=0)] = 1.0


@dataclass(kw_only=True, eq=False)
class Resource:
    """A Communication Services resource.

    Attributes:
        access_key: Its key, base64, which signs requests.
        name: Its name.
        numbers: The numbers that it may send from, and texts to which are its own; None for any.
        subscription: Where its events go; None for nowhere.
    """

    access_key: Secret
    name: str = "simulated"
    numbers: Collection[str] | None = None
    subscription: Subscription | None = None
    topic: str = field(init=False)

    def __post_init__(self) -> None:
        """Work out the name by which events call it."""
        self.topic = (
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/simulator"
            f"/providers/microsoft.communication/communicationservices/{self.name}"
        )

    def owns(self, number: str) -> bool:
        """Whether it may send from a number."""
        return self.numbers is None or number in self.numbers
