"""Pictures from the desk to the customer's phone, in a real browser."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable

from playwright.sync_api import FilePayload, Page, expect

Open = Callable[..., Page]

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGNgYPhPCI0qwKcAALzLY51y7qXQAAAAAElFTkSuQmCC")
PICTURE = FilePayload(name="map.png", mimeType="image/png", buffer=PNG)
PAGE = FilePayload(name="page.html", mimeType="text/html", buffer=b"<script>alert(1)</script>")
HUGE = FilePayload(name="huge.png", mimeType="image/png", buffer=bytes(5_000_001))


def talking(desk: Page, phone: Page) -> None:
    phone.get_by_label("Text to").fill("Where are you?")
    phone.keyboard.press("Enter")
    desk.locator(".offer").get_by_role("button", name="Accept").first.click()
    expect(desk.get_by_label("Your text to")).to_be_focused()


def attach(desk: Page, file: FilePayload) -> None:
    with desk.expect_file_chooser() as chosen:
        desk.get_by_role("button", name="Attach", exact=True).click()

    chosen.value.set_files([file])


def is_loaded(page: Page, picture: str) -> None:
    expect(page.locator(picture)).to_be_visible()
    page.wait_for_function("selector => document.querySelector(selector).naturalWidth === 10", arg=picture)


def test_a_rep_sends_a_picture_and_the_customer_sees_it(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    talking(desk, phone)
    attach(desk, PICTURE)
    is_loaded(desk, ".attached img")

    desk.get_by_label("Your text to").fill("Here we are")
    desk.keyboard.press("Enter")
    is_loaded(desk, ".text.ours .picture img")
    expect(desk.locator(".attached li")).to_have_count(0)
    expect(desk.locator(".text.ours .delivery")).to_have_text("delivered")
    is_loaded(phone, ".text.theirs .picture img")
    expect(phone.locator(".text.theirs")).to_contain_text("Here we are")


def test_a_picture_alone_is_a_text_and_is_kept_with_the_draft_until_it_is_sent(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    talking(desk, phone)
    attach(desk, PICTURE)
    is_loaded(desk, ".attached img")

    desk.reload()
    is_loaded(desk, ".attached img")
    desk.get_by_role("button", name="Send").click()
    is_loaded(desk, ".text.ours .picture img")
    expect(desk.locator(".text.ours .bubble")).to_have_count(0)


def test_what_was_attached_by_mistake_is_removed(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    talking(desk, phone)
    attach(desk, PICTURE)
    desk.get_by_role("button", name="Remove map.png").click()
    expect(desk.locator(".attached li")).to_have_count(0)

    desk.get_by_label("Your text to").fill("Words alone")
    desk.keyboard.press("Enter")
    expect(desk.locator(".text.ours")).to_contain_text("Words alone")
    expect(desk.locator(".text.ours .picture")).to_have_count(0)


def test_a_file_that_cannot_be_sent_is_refused_in_words(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    talking(desk, phone)
    for file, words in ((PAGE, "text/html cannot be sent"), (HUGE, "too large: at most 5 MB")):
        attach(desk, file)
        expect(desk.locator("article .foot .notice")).to_contain_text(words)
        expect(desk.locator(".attached li")).to_have_count(0)


def test_a_picture_is_dropped_or_pasted_into_the_conversation(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    talking(desk, phone)
    give = """([selector, kind, bytes]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "map.png", { type: "image/png" }));
        const options = { bubbles: true, cancelable: true };
        const event = kind === "drop"
            ? new DragEvent("drop", { ...options, dataTransfer: data })
            : new ClipboardEvent("paste", { ...options, clipboardData: data });
        document.querySelector(selector).dispatchEvent(event);
    }"""
    desk.evaluate(give, [".messages", "drop", list(PNG)])
    expect(desk.locator(".attached img")).to_have_count(1)
    desk.evaluate(give, [".composer textarea", "paste", list(PNG)])
    expect(desk.locator(".attached img")).to_have_count(2)

    desk.get_by_role("button", name="Send").click()
    expect(desk.locator(".text.ours .picture img")).to_have_count(2)
    expect(phone.locator(".text.theirs .picture img")).to_have_count(2)
    expect(desk.locator(".mine, #mine").first).to_contain_text(re.compile("Attachment"))
