"""A supervisor looks after all that goes on, and acts on several conversations at once."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.browser.test_talking import accept, text

Open = Callable[..., Page]


def test_a_supervisor_moves_and_ends_what_they_selected_while_the_list_follows_what_happens(
    desk_of: Open, phone_of: Open
) -> None:
    ben = desk_of("Ben", available=False)
    ben.get_by_role("link", name="Conversations").click()
    expect(ben.get_by_text("No conversation goes on")).to_be_visible()
    for each in (1, 2, 3):
        text(phone_of(f"+1415555010{each}"), f"I am number {each}")

    expect(ben.locator(".rows tbody tr")).to_have_count(3)
    expect(ben.get_by_role("button", name="End")).to_be_disabled()

    # What is selected stays selected while the list changes under it.
    ben.get_by_label("Select +1 415 555 0102").check()
    ana = desk_of("Ana", available=False)
    ana.get_by_role("button", name="Become available").click()
    expect(ben.locator(".rows").get_by_text("Offered")).to_have_count(3)
    expect(ben.get_by_label("Select +1 415 555 0102")).to_be_checked()
    expect(ben.get_by_text("1 selected")).to_be_visible()
    expect(ben.get_by_role("button", name="End")).to_be_enabled()
    expect(ben.get_by_role("button", name="Finish wrap-up")).to_be_disabled()

    ben.once("dialog", lambda dialog: dialog.accept())
    ben.get_by_role("button", name="End").click()
    expect(ben.locator("#bulk-results")).to_have_text("1 ended.")
    expect(ben.locator(".rows tbody tr")).to_have_count(2)
    expect(ben.get_by_text("None selected")).to_be_visible()

    # With the keyboard alone: all of them, to Ben, who asks and is offline.
    ben.get_by_label("Select all").focus()
    ben.keyboard.press("Space")
    ben.get_by_label("Move to").select_option("rep:ben")
    ben.get_by_label("Reason").fill("he knows them")
    ben.get_by_label("Reason").press("Enter")
    expect(ben.locator("#bulk-results")).to_contain_text("2 could not be moved: You are offline")
    expect(ben.get_by_text("2 selected")).to_be_visible()

    ben.get_by_label("Your presence").select_option("available")
    ben.get_by_role("button", name="Take over").click()
    expect(ben.locator("#bulk-results")).to_have_text("2 taken over.")
    expect(ben.locator(".rows").get_by_text("Active")).to_have_count(2)
    expect(ana.locator(".offer")).to_have_count(0)

    ben.locator("#filter-rep").select_option("ana")
    expect(ben.get_by_text("No conversation is like this now")).to_be_visible()
    assert ben.url.endswith("/desk/ongoing?rep=ana")


def test_the_list_of_whom_to_move_to_follows_what_happens_and_keeps_what_is_chosen(desk_of: Open) -> None:
    ana = desk_of("Ana")
    ben = desk_of("Ben", available=False)
    ben.get_by_role("link", name="Conversations").click()
    to = ben.get_by_label("Move to")
    to.select_option("rep:ana")
    expect(to.locator("option:checked")).to_have_text("Ana · available · 0 of 5")
    to.blur()

    ana.get_by_label("Your presence").select_option("away")
    expect(to.locator("option:checked")).to_have_text("Ana · away · 0 of 5")
    expect(to).to_have_value("rep:ana")


def test_a_presence_that_was_chosen_before_the_scripts_came_is_sent(desk_of: Open) -> None:
    ana = desk_of("Ana")
    ana.add_init_script(
        "new MutationObserver((_, watcher) => {"
        "  const select = document.getElementById('presence');"
        "  if (select?.options.length > 1) { select.value = 'busy'; watcher.disconnect(); }"
        "}).observe(document, {childList: true, subtree: true});"
    )
    ana.reload()
    expect(ana.locator("#me .dot.busy")).to_be_visible()
    expect(ana.get_by_label("Your presence")).to_have_value("busy")
    expect(ana.get_by_role("button", name="Set", exact=True)).to_be_hidden()


def test_the_list_of_conversations_fits_a_phone(desk_of: Open, phone_of: Open) -> None:
    text(phone_of(), "Is anybody there? " * 20)
    ben = desk_of("Ben", available=False, width=390, height=800)
    ben.get_by_role("link", name="Conversations").click()
    ben.get_by_label("Select all").check()

    expect(ben.get_by_text("1 selected")).to_be_visible()
    assert ben.evaluate("document.querySelector('main').scrollWidth <= document.documentElement.clientWidth")

    ben.get_by_role("link", name="Overview").click()
    expect(ben.get_by_role("heading", name="Representatives")).to_be_visible()
    assert ben.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert ben.locator("main").evaluate("element => element.scrollWidth <= element.clientWidth")


def test_a_rep_asks_why(desk_of: Open, phone_of: Open) -> None:
    ana = desk_of("Ana")
    ana.get_by_role("button", name="Why?").click()
    expect(ana.locator("#why-none")).to_contain_text("Nobody waits on your queues.")
    ana.keyboard.press("Escape")

    text(phone_of(), "Hi")
    accept(ana)
    ana.locator(".head").get_by_role("button", name="Why?").click()
    expect(ana.locator(".why-sheet:popover-open")).to_contain_text("Ana was the only one who could take it.")
