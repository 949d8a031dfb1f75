"""Logs: one line for each thing that happens, and nothing in it that is nobody's business."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from cordboard.daemon.event_log import log_event
from cordboard.daemon.logs import configure_logging, masked
from cordboard.engine.carrier import Failure
from cordboard.engine.events import ChannelNoticed, ChannelResumed, ChannelStopped
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import FailureKind

BODY = "my card is 4111"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_machine_gets_json_lines_with_utc_times() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)

    structlog.get_logger().info("text_received", conversation=17)

    [line] = _lines(stream)
    assert line["event"] == "text_received"
    assert line["level"] == "info"
    assert line["conversation"] == 17
    assert str(line["timestamp"]).endswith("Z")


def test_a_person_gets_text() -> None:
    stream = Terminal()
    configure_logging(stream=stream)

    structlog.get_logger().info("text_received", conversation=17)

    assert "text_received" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


def test_the_level_is_a_threshold_for_everybody() -> None:
    stream = io.StringIO()
    configure_logging("warning", stream=stream)

    structlog.get_logger().info("unimportant")
    logging.getLogger("somebody").info("unimportant")
    structlog.get_logger().warning("important")
    logging.getLogger("somebody").warning("important")

    assert [line["event"] for line in _lines(stream)] == ["important", "important"]


def test_other_packages_do_not_debug_in_our_log() -> None:
    stream = io.StringIO()
    configure_logging("debug", stream=stream)

    logging.getLogger("aiosqlite").debug("executing INSERT INTO message VALUES (%r)", BODY)
    structlog.get_logger().debug("ours")

    assert [line["event"] for line in _lines(stream)] == ["ours"]


def test_the_web_server_s_warnings_are_lines_like_any_other_and_its_requests_are_none() -> None:
    stream = io.StringIO()
    configure_logging("debug", stream=stream)

    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)
    logging.getLogger("uvicorn.access").info("GET /v1/conversations")

    [line] = _lines(stream)
    assert line["event"] == "Invalid HTTP request received."
    assert line["logger"] == "uvicorn.error"
    assert line["level"] == "warning"


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+14155550123", "+1415•••0123"), ("+447700900123", "+4477•••0123"), ("72345", "72•••"), ("", "•••")],
)
def test_a_phone_number_keeps_its_ends(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_nothing_private_is_written(stream: type[io.StringIO]) -> None:
    written = stream()
    configure_logging("debug", stream=written)
    log = structlog.get_logger()

    log.info("from +14155550123", customer="+14155550123", url="/?From=%2B14155550123", body=BODY)
    log.info("deep", message={"customer": ["+14155550123"], "body": BODY}, raw=BODY.encode())
    log.info("secrets", a=Secret("hush-hush"), b=[Secret("hush-hush")], auth_token="hush-hush", api_token="hush-hush")
    logging.getLogger("somebody").warning("bad number %s", "+14155550123")
    try:
        _fail(BODY)
    except ValueError:
        log.exception("failed")
        logging.getLogger("somebody").exception("failed too")

    shown = written.getvalue()
    assert "+1415•••0123" in shown
    assert shown.count("Traceback") == 2
    assert "4155550123" not in shown
    assert "hush" not in shown
    assert "4111" not in shown


def _fail(body: str) -> None:
    raise ValueError(f"no such customer: +14155550123, with {len(body)} characters")


def test_a_channel_that_stops_resumes_or_is_spoken_of_is_told_to_the_operator() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    failure = Failure(code="20003", text="The credentials are wrong.", kind=FailureKind.ACCOUNT)

    log_event(ChannelStopped(seq=1, at=1, channel="main", failure=failure))
    log_event(ChannelResumed(seq=2, at=2, channel="main"))
    log_event(ChannelNoticed(seq=3, at=3, channel="main", code="subscription_deleted", text="Set it up again."))

    stopped, resumed, noticed = _lines(stream)
    assert (stopped["event"], stopped["level"], stopped["channel"]) == ("channel_stopped", "error", "main")
    assert (stopped["code"], stopped["reason"]) == ("20003", "The credentials are wrong.")
    assert "credentials" in str(stopped["to_do"])
    assert (resumed["event"], resumed["level"]) == ("channel_resumed", "info")
    assert (noticed["event"], noticed["level"], noticed["reason"]) == (
        "channel_noticed",
        "warning",
        "Set it up again.",
    )


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    stream.close()

    structlog.get_logger("test").info("something_happened")
    logging.getLogger("test").warning("and something else")
