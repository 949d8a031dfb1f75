"""A real browser at a real daemon: the demo, in a process of its own, that can be killed and started again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from tests.warm import begin

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright  # noqa: E402 - it may not be there

PATIENCE = 60_000
"""Milliseconds after which something does not happen any more, however slow the machine."""

expect.set_options(timeout=PATIENCE)

NUMBER = "+18005550100"
CUSTOMER = "+14155550123"
OTHER = "+14155550124"

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that there is: without windows of its own, one takes a quarter less of a processor for these tests."""

UNWANTED = (
    # Two pages and a process with each window, for an address bar that nobody sees: more than half of what it costs.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"),
    # What Playwright switches off itself, as far as it matters here: of two such lists Chromium heeds the last.
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "PaintHolding"),
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "NetworkTimeServiceQuerying", "OptimizationHints"),
    *("AimEnabled", "PreconnectToSearch", "LensOverlay", "MediaRouter"),
)
"""Features of Chromium; those that one does not know it passes over."""

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    f"--disable-features={','.join(UNWANTED)}",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


class Demo:
    """The demo's daemon.

    Attributes:
        url: Where it is; the same after a restart.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port: int = probe.getsockname()[1]

        self.url = f"http://127.0.0.1:{self._port}"
        self._process: ForkServerProcess | None = None

    def start(self) -> None:
        """Start it, and return when it says that it is ready."""
        said, says = os.pipe()
        command = ["-m", "cordboard.daemon", "demo", "--port", str(self._port), "--data", "data"]
        with (self._folder / "log").open("a") as log:
            self._process = begin(command, folder=self._folder, stdout=says, stderr=log.fileno())

        os.close(says)
        self._said = os.fdopen(said, encoding="utf-8")  # stays open: it goes on speaking
        for line in self._said:
            if "Everything is kept in" in line:
                return

        raise AssertionError(f"the demo did not start:\n{(self._folder / 'log').read_text()}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.pid is not None
            os.kill(process.pid, how)
            process.join(timeout=60)
            assert process.exitcode is not None, "the demo did not stop"
            self._said.close()


_CHROMIUM: list[Browser] = []
"""The browser that is running, if one is: to start it costs more than most tests."""

_END = ExitStack()
"""Ends it."""


@pytest.fixture
def chromium() -> Browser:
    """The one browser of all the tests in this folder that follow each other in a process."""
    executable = next((found for each in BROWSERS if (found := shutil.which(each))), None)
    if executable is None:
        pytest.skip(f"there is no browser: none of {', '.join(BROWSERS)} is installed")

    if not _CHROMIUM:
        driver = _END.enter_context(sync_playwright())
        browser = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        _END.callback(browser.close)
        _CHROMIUM.append(browser)
        _END.callback(_CHROMIUM.clear)

    return _CHROMIUM[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End the browser before a test elsewhere: Playwright keeps an event loop running, which none may meet."""
    if nextitem is None or not nextitem.path.is_relative_to(Path(__file__).parent):
        _END.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    running = Demo(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def troubled() -> Iterator[str]:
    """A daemon whose carrier has trouble, as `tests.browser.troubled` says: its address."""
    said, says = os.pipe()
    process = begin(["-m", "tests.browser.troubled"], stdout=says)
    os.close(says)
    with os.fdopen(said, encoding="utf-8") as lines:
        yield lines.readline().strip()
        process.terminate()
        process.join(timeout=60)
        assert process.exitcode == 0, "the daemon did not stop"


EXPECTED = re.compile(
    r"status of 4\d\d|Error Code 4\d\d|net::ERR_CONNECTION_REFUSED|net::ERR_INTERNET_DISCONNECTED|net::ERR_FAILED|"
    r"net::ERR_INCOMPLETE_CHUNKED|net::ERR_CONNECTION_RESET|htmx:sendError|htmx:afterRequest"
)
"""What a browser notes of refusals and of a daemon that is gone: tests look for the words that the page has for it."""


class Visitor:
    """Somebody with a browser of their own. What goes wrong in their pages fails the test."""

    def __init__(self, browser: Browser, url: str, *, width: int = 1280, height: int = 800) -> None:
        self.url = url
        self.problems: list[str] = []
        self.context: BrowserContext = browser.new_context(viewport={"width": width, "height": height})
        self.context.set_default_timeout(PATIENCE)

    def open(self, path: str) -> Page:
        """Open a page in a tab of its own."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        page.goto(f"{self.url}{path}")
        return page

    def _note(self, problem: str) -> None:
        if not EXPECTED.search(problem):
            self.problems.append(problem)


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Browser, demo: Demo) -> Iterator[Visit]:
    """Have somebody new come with a browser of their own."""
    with visits(chromium, demo.url) as come:
        yield come


@pytest.fixture
def visit_troubled(chromium: Browser, troubled: str) -> Iterator[Visit]:
    """The same, where the carrier has trouble."""
    with visits(chromium, troubled) as come:
        yield come


@contextmanager
def visits(chromium: Browser, url: str) -> Iterator[Visit]:
    """Let visitors come; what goes wrong in their pages fails the test."""
    visitors: list[Visitor] = []

    def come(**options: Any) -> Visitor:
        visitors.append(Visitor(chromium, url, **options))
        return visitors[-1]

    yield come
    for each in visitors:
        each.context.close()

    assert [problem for each in visitors for problem in each.problems] == []


@pytest.fixture
def desk_of(visit: Visit) -> Callable[..., Page]:
    """Have a rep sit down at the desk and become available."""

    def sit_down(name: str, *, available: bool = True, **size: int) -> Page:
        page = visit(**size).open("/desk/")
        page.get_by_role("button", name=f"Continue as {name}").click()
        if available:
            page.get_by_role("button", name="Become available").click()
            page.get_by_text("none now").wait_for()

        return page

    return sit_down


@pytest.fixture
def phone_of(visit: Visit) -> Callable[..., Page]:
    """Have a customer take up their phone."""

    def pick_up(customer: str = CUSTOMER, **size: int) -> Page:
        return visit(**size).open(f"/phone/{customer}/{NUMBER}")

    return pick_up
