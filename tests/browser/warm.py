"""Imported where the daemons of these tests begin: what takes them longest to build is built for all of them."""

from __future__ import annotations

from cordboard.daemon.app import _rooms

_rooms(phones=True)
