"""What is typed stays, whatever happens around it; what is sent is sent once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Demo, Visit

CUSTOMER = "+14155550123"
OTHER = "+14155550124"

Open = Callable[..., Page]


def text(phone: Page, words: str) -> None:
    phone.get_by_label("Text to").fill(words)
    phone.keyboard.press("Enter")
    expect(phone.locator(".text.ours").last).to_contain_text(words)


def accept(desk: Page) -> None:
    desk.locator(".offer").get_by_role("button", name="Accept").first.click()
    expect(desk.get_by_label("Your text to")).to_be_focused()
    expect(desk.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)


def test_a_draft_stays_while_the_page_changes_around_it(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "One")
    accept(desk)
    desk.keyboard.type("I am just writing to")
    desk.keyboard.press("ArrowLeft")
    text(phone, "Two")
    expect(desk.locator(".text.theirs").last).to_contain_text("Two")
    composer = desk.get_by_label("Your text to")
    expect(composer).to_have_value("I am just writing to")
    expect(composer).to_be_focused()
    assert composer.evaluate("area => area.selectionStart") == len("I am just writing to") - 1

    desk.reload()
    expect(composer).to_have_value("I am just writing to")


def test_each_conversation_has_a_draft_of_its_own(desk_of: Open, phone_of: Open) -> None:
    desk = desk_of("Ana")
    text(phone_of(CUSTOMER), "First")
    accept(desk)
    desk.keyboard.type("to the first")
    text(phone_of(OTHER), "Second")
    accept(desk)
    composer = desk.get_by_label("Your text to")
    expect(composer).to_have_value("")
    desk.keyboard.type("to the second")

    desk.keyboard.press("Alt+ArrowUp")
    expect(composer).to_have_value("to the first")
    desk.keyboard.press("Alt+ArrowDown")
    expect(composer).to_have_value("to the second")
    desk.go_back()
    expect(composer).to_have_value("to the first")


def test_a_text_that_is_refused_stays_to_be_changed(desk_of: Open, phone_of: Open, visit: Visit) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Tell me everything")
    accept(desk)
    composer = desk.get_by_label("Your text to")
    composer.fill("x" * 1700)
    expect(desk.locator(".count")).to_have_class("count over")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert").filter(has_text="1700 characters")).to_be_visible()
    expect(composer).to_have_value("x" * 1700)

    composer.fill("In short: yes")
    desk.keyboard.press("Enter")
    expect(phone.locator(".text.theirs").last).to_contain_text("In short: yes")
    expect(desk.get_by_role("alert").filter(has_text="1700 characters")).to_have_count(0)


def test_a_draft_stays_when_its_conversation_is_taken_away(desk_of: Open, phone_of: Open) -> None:
    ana, ben = desk_of("Ana"), desk_of("Ben", available=False)
    text(phone_of(), "Help")
    accept(ana)
    ana.keyboard.type("I was about to")
    ben.goto(ana.url)
    ben.get_by_role("button", name="End", exact=True).click()

    expect(ana.locator(".bench")).to_contain_text("Ended")
    expect(ana.get_by_label("Your text to")).to_have_value("I was about to")
    expect(ana.get_by_role("button", name="Send")).to_be_disabled()


def test_hurried_hands_send_a_text_once(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Quick, please")
    accept(desk)
    desk.get_by_label("Your text to").fill("Only once")
    desk.evaluate("for (let i = 0; i < 3; i++) document.querySelector('.composer').requestSubmit()")
    expect(phone.locator(".text.theirs").last).to_contain_text("Only once")
    desk.get_by_label("Your text to").fill("And this after it")
    desk.keyboard.press("Enter")
    expect(phone.locator(".text.theirs").last).to_contain_text("And this after it")
    expect(phone.locator(".text.theirs")).to_have_count(2)


def test_the_pages_outlive_a_killed_daemon_and_go_on(demo: Demo, desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Before the storm")
    accept(desk)
    demo.kill()
    expect(desk.locator("#link")).to_contain_text("Connection lost")
    expect(phone.locator("#link")).to_contain_text("Connection lost")
    desk.get_by_label("Your text to").fill("I am still here")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    expect(desk.get_by_label("Your text to")).to_have_value("I am still here")

    demo.start()
    expect(desk.locator("#link")).to_contain_text("Connected again")
    expect(desk.get_by_role("alert").filter(has_text="cannot be reached")).to_have_count(0)
    desk.get_by_role("button", name="Send").click()
    # The phone finds the daemon again in its own time, as the desk did.
    expect(phone.locator(".text.theirs").last).to_contain_text("I am still here")
    expect(phone.locator(".text.ours").first).to_contain_text("Before the storm")
    text(phone, "So am I")
    expect(desk.locator(".text.theirs").last).to_contain_text("So am I")
    expect(desk.locator(".text.ours")).to_have_count(1)


def test_what_happened_while_the_line_was_down_is_shown_when_it_is_back(
    demo: Demo, desk_of: Open, phone_of: Open
) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "One")
    accept(desk)
    desk.route("**/desk/stream*", lambda route: route.abort())
    demo.kill()
    demo.start()
    expect(desk.locator("#link")).to_contain_text("Connection lost")
    text(phone, "Two")
    desk.unroute("**/desk/stream*")
    expect(desk.locator("#link")).to_contain_text("Connected again")
    expect(desk.locator(".text.theirs").last).to_contain_text("Two")


def test_a_text_whose_answer_was_lost_is_sent_once(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Are you sure?")
    accept(desk)

    def lose_the_answer(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    desk.route("**/reply", lose_the_answer, times=1)
    desk.get_by_label("Your text to").fill("Quite sure")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    desk.get_by_role("button", name="Send").click()
    expect(desk.get_by_label("Your text to")).to_have_value("")
    text(phone, "Good")
    expect(phone.locator(".text.theirs")).to_have_count(1)


def test_signing_out_forgets_what_was_typed(desk_of: Open, phone_of: Open) -> None:
    desk = desk_of("Ana")
    text(phone_of(), "Psst")
    accept(desk)
    desk.keyboard.type("a secret")
    desk.once("dialog", lambda dialog: dialog.accept())
    desk.get_by_role("button", name="Sign out").click()
    expect(desk.get_by_role("button", name="Continue as Ana")).to_be_visible()
    assert desk.evaluate("localStorage.length") == 0


def test_texts_that_follow_each_other_quickly_all_arrive_in_their_order(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Count for me")
    accept(desk)
    words = ["one", "two", "three", "four", "five"]
    for word in words:
        desk.keyboard.type(word)
        desk.keyboard.press("Enter")

    expect(phone.locator(".text.theirs .bubble")).to_have_text(words)
    expect(desk.get_by_label("Your text to")).to_have_value("")
