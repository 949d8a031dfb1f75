"""Customers at their phones and reps at their desks, in real browsers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Demo

CUSTOMER = "+14155550123"
OTHER = "+14155550124"

Open = Callable[..., Page]


def text(phone: Page, words: str) -> None:
    phone.get_by_label("Text to").fill(words)
    phone.keyboard.press("Enter")
    expect(phone.locator(".text.ours").last).to_contain_text(words)


def write(desk: Page, words: str) -> None:
    desk.get_by_label("Your text to").fill(words)
    desk.keyboard.press("Enter")


def accept(desk: Page) -> None:
    desk.locator(".offer").get_by_role("button", name="Accept").first.click()
    expect(desk.get_by_label("Your text to")).to_be_focused()
    expect(desk.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)


def test_a_customer_and_a_rep_talk_to_each_other(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Hi, where is my order?")
    expect(phone.locator(".text.ours .delivery")).to_have_text("delivered")

    expect(desk).to_have_title("(1) Cordboard")
    expect(desk.locator("#announcer")).to_have_text("New offer from +1 415 555 0123: Hi, where is my order?")
    accept(desk)
    expect(desk).to_have_title("+1 415 555 0123 · Cordboard")
    expect(desk).to_have_url(re.compile(r"/desk/conversations/1$"))

    write(desk, "Let me look.\nOne moment, please. 🙂")
    ours = desk.locator(".text.ours").last
    expect(ours).to_contain_text("Let me look.")
    expect(ours.locator(".delivery")).to_have_text("delivered")
    expect(desk.get_by_label("Your text to")).to_have_value("")

    expect(phone.locator(".text.theirs").last).to_contain_text("One moment, please. 🙂")
    text(phone, "Thank you!")
    expect(desk.locator(".text.theirs").last).to_contain_text("Thank you!")
    expect(desk.locator("#mine .item")).to_contain_text("Thank you!")


def test_an_offer_counts_down_and_goes_to_a_colleague_when_it_is_declined(desk_of: Open, phone_of: Open) -> None:
    ana = desk_of("Ana")
    text(phone_of(), "Anybody there?")
    countdown = ana.locator(".offer .countdown")
    expect(countdown).to_have_text(re.compile(r"0:5\d"))
    before = countdown.inner_text()
    expect(countdown).not_to_have_text(before)
    assert countdown.inner_text() < before

    ben = desk_of("Ben")
    ana.get_by_role("button", name="Decline").click()
    expect(ana.locator(".offer")).to_have_count(0)
    expect(ana).to_have_title("Cordboard")
    expect(ben.locator(".offer")).to_contain_text("Anybody there?")
    accept(ben)
    expect(ben.locator(".note").filter(has_text="Ana declined")).to_be_visible()


def test_a_number_that_is_none_is_refused_beside_where_it_was_typed(phone_of: Open) -> None:
    phone = phone_of()
    phone.get_by_label("Text to").fill("not sent yet")
    phone.get_by_label("Their number").fill("12")
    phone.get_by_role("button", name="Pick up the phone").click()
    expect(phone.locator("#new-notice")).to_contain_text("no phone number")
    expect(phone.get_by_label("Their number")).to_have_value("12")
    expect(phone.get_by_label("Text to")).to_have_value("not sent yet")

    phone.get_by_label("Their number").fill("+44 7700 900123")
    phone.get_by_role("button", name="Pick up the phone").click()
    expect(phone.get_by_text("on the phone of +44 770 090 0123")).to_be_visible()


def test_however_many_offers_there_are_each_can_be_reached_at_any_height(
    demo: Demo, desk_of: Open, phone_of: Open
) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    for number in range(5):
        phone.goto(f"{demo.url}/phone/+1415555020{number}/+18005550100")
        text(phone, f"I am number {number}")

    expect(desk.locator(".offer")).to_have_count(5)
    offers = desk.locator("#offers ul")
    width = offers.evaluate("element => element.clientWidth")
    for height in (1600, 850, 500, 320):
        desk.set_viewport_size({"width": 1280, "height": height})
        assert offers.evaluate("element => element.getBoundingClientRect().bottom <= innerHeight")
        assert offers.evaluate("element => element.scrollHeight > element.clientHeight") is (height < 1600)
        assert offers.evaluate("element => element.clientWidth") == width
        for number in (4, 0):  # the topmost, and the first to end
            offer = desk.locator(".offer").filter(has_text=f"I am number {number}")
            offer.get_by_role("button", name="Decline").click(trial=True)
            offer.get_by_role("link").hover()

    desk.locator(".offer").filter(has_text="I am number 4").get_by_role("button", name="Accept").click()
    expect(desk.locator(".head .state")).to_have_text("With you")


def test_a_conversation_is_parked_woken_resumed_and_ended(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "I need a moment")
    accept(desk)

    desk.get_by_role("button", name="Park").click()
    expect(desk.locator('[data-list="parked"]')).to_contain_text("I need a moment")
    expect(desk.locator(".load")).to_have_text("0 of 5")
    desk.get_by_role("button", name="Resume").click()
    expect(desk.locator(".state")).to_have_text("With you")

    desk.get_by_role("button", name="Park").click()
    expect(desk.locator(".state")).to_have_text("Parked by you")
    text(phone, "Here I am again")
    accept(desk)
    expect(desk.locator(".note").filter(has_text="Woken by a new text")).to_be_visible()

    desk.get_by_role("button", name="End", exact=True).click()
    expect(desk.locator(".bench")).to_contain_text("Ended today")
    expect(desk.get_by_label("Your text to")).to_be_hidden()


def test_a_conversation_is_handed_to_a_colleague(desk_of: Open, phone_of: Open) -> None:
    ana, ben = desk_of("Ana"), desk_of("Ben")
    phone = phone_of()
    text(phone, "I would like to speak with Ben")
    accept(ana)

    ana.get_by_role("button", name="Transfer…").click()
    ana.get_by_label("Transfer +1 415 555 0123 to").select_option("rep:ben")
    ana.get_by_role("button", name="Transfer", exact=True).click()
    expect(ana.locator(".transfer")).to_be_hidden()
    expect(ana.locator(".state")).to_have_text("Offered to Ben")

    accept(ben)
    write(ben, "Ben here")
    expect(phone.locator(".text.theirs").last).to_contain_text("Ben here")
    expect(ana.locator(".bench")).to_contain_text("only Ben can answer")


def test_several_customers_are_served_at_once_and_unread_ones_stand_out(desk_of: Open, phone_of: Open) -> None:
    desk = desk_of("Ana")
    first, second = phone_of(CUSTOMER), phone_of(OTHER)
    text(first, "I am first")
    accept(desk)
    text(second, "I am second")
    accept(desk)

    text(first, "Are you still there?")
    unread = desk.locator(".item.unread")
    expect(unread).to_contain_text("Are you still there?")
    unread.click()
    expect(desk.locator(".item.unread")).to_have_count(0)
    expect(desk.locator(".text.theirs").last).to_contain_text("Are you still there?")
    expect(first.locator("#threads .item")).to_have_count(2)


def test_everything_can_be_done_with_the_keyboard(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "No mouse today")
    expect(desk.locator(".offer")).to_be_visible()
    desk.keyboard.press("Alt+a")
    expect(desk.get_by_label("Your text to")).to_be_focused()
    desk.keyboard.type("Fine")
    desk.keyboard.press("Shift+Enter")
    desk.keyboard.type("with me")
    desk.keyboard.press("Enter")
    expect(phone.locator(".text.theirs .bubble").last).to_have_text("Fine\nwith me", use_inner_text=True)

    desk.keyboard.press("Alt+p")
    expect(desk.locator(".state")).to_have_text("Parked by you")
    desk.keyboard.press("Alt+p")
    expect(desk.locator(".state")).to_have_text("With you")

    text(phone_of(OTHER), "Me too")
    expect(desk.locator(".offer")).to_be_visible()
    colleague = desk_of("Ben")
    desk.keyboard.press("Alt+x")
    expect(desk.locator(".offer")).to_have_count(0)
    expect(colleague.locator(".offer")).to_contain_text("Me too")


def test_a_customers_script_is_shown_and_not_run(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    nasty = """<script>document.title='taken'</script><img src=x onerror="document.title='taken'">"""
    text(phone, nasty)
    expect(desk.locator(".offer")).to_contain_text(nasty)
    accept(desk)
    expect(desk.locator(".text.theirs .bubble")).to_have_text(nasty)
    expect(phone.locator(".text.ours .bubble")).to_have_text(nasty)
    assert desk.locator("#pane script, #pane img").count() == 0
    expect(desk).to_have_title("+1 415 555 0123 · Cordboard")


def test_words_of_any_length_and_direction_stay_inside_the_page(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana", width=390, height=780), phone_of(width=390, height=780)
    text(phone, "W" * 400)
    text(phone, "مرحبا، أين طلبي؟")
    accept(desk)
    for page in (desk, phone):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("getComputedStyle([...document.querySelectorAll('.bubble')].at(-1)).direction") == "rtl"


def test_the_desk_works_at_a_phones_width(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana", width=390, height=780), phone_of()
    text(phone, "From far away")
    accept(desk)
    expect(desk.locator(".side")).to_be_hidden()
    desk.get_by_label("Your text to").fill("So near")
    desk.get_by_role("button", name="Send").click()
    expect(phone.locator(".text.theirs").last).to_contain_text("So near")

    text(phone_of(OTHER), "And I?")
    elsewhere = desk.get_by_role("link", name="1 offer")
    expect(elsewhere).to_be_visible()
    elsewhere.click()
    expect(desk.locator(".offer")).to_be_visible()
    expect(desk.locator("#pane")).to_be_hidden()


def test_a_supervisor_sees_everybody_and_can_take_over(desk_of: Open, phone_of: Open) -> None:
    ana, ben = desk_of("Ana"), desk_of("Ben", available=False)
    phone = phone_of()
    text(phone, "Can somebody help?")
    accept(ana)
    ben.get_by_role("link", name="Overview").click()
    row = ben.locator("#rep-ana")
    expect(row).to_contain_text("1 of 5")
    ben.get_by_label("Presence of Ana").select_option("busy")
    expect(ana.get_by_label("Your presence")).to_have_value("busy")

    text(phone, "Hello?")
    ben.get_by_role("link", name="Conversations").click()
    expect(ben.locator("#ongoing")).to_contain_text("Hello?")
    ben.get_by_role("link", name="+1 415 555 0123").click()
    write(ben, "I am listening")
    expect(ben.get_by_role("alert").filter(has_text="offline")).to_be_visible()
    ben.get_by_label("Your presence").select_option("available")
    expect(ben.locator(".dot.available")).to_be_visible()
    ben.get_by_role("button", name="Send").click()
    expect(phone.locator(".text.theirs").last).to_contain_text("I am listening")
    expect(ana.locator(".bench")).to_contain_text("only Ben can answer")


def test_a_reader_of_older_texts_is_told_of_new_ones_and_not_pulled_away(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana", height=480), phone_of()
    for number in range(8):
        text(phone, f"Line {number}")

    accept(desk)
    expect(desk.get_by_text("Line 7").last).to_be_in_viewport()
    scroll = desk.locator("#pane .scroll")
    scroll.evaluate("area => area.scrollTop = 0")
    text(phone, "The latest")
    newer = desk.get_by_role("button", name="New text below")
    expect(newer).to_be_visible()
    assert scroll.evaluate("area => area.scrollTop") == 0
    newer.click()
    expect(desk.locator(".text.theirs").last).to_be_in_viewport()
    expect(newer).to_be_hidden()
