"""What the desk's handlers are given: short names for long types."""

from __future__ import annotations

from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency

from cordboard.daemon.access import Person
from cordboard.daemon.desk.desk import Desk
from cordboard.daemon.house import House

Asked: TypeAlias = Request[Any, Any, Any]
"""The request itself."""

TheHouse: TypeAlias = NamedDependency[House]
"""The daemon."""

TheDesk: TypeAlias = NamedDependency[Desk]
"""The maker of the pages' parts."""

SignedIn: TypeAlias = NamedDependency[Person]
"""Who is signed in: there is somebody, or the handler is not called."""
