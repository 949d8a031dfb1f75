"""Twilio's transport keeps every promise of the port."""

from __future__ import annotations

from cordboard.engine.testing.transports import TransportConformance


class TestTwilio(TransportConformance):
    """The fixtures are in conftest.py."""
