"""What the desk says of a text while it is typed is what the engine counts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from cordboard.engine.segments import BASIC, EXTENSION, measure
from cordboard.engine.smart_encoding import LOOK_ALIKES, smart_encode

if TYPE_CHECKING:
    from tests.browser.conftest import Visit

Open = Callable[..., Page]

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "segments.json").read_text("utf-8"))

SCRIPTS = """async ([texts, module, name]) => {
    const page = document.querySelector('script[type="module"]').src;
    const { [name]: apply } = await import(new URL(module, page));
    return texts.map(apply);
}"""

LONG_TOGETHER = [
    "a" + "\u0301" * 80,
    "👩🏽\u200d🚀",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "🇺🇸",
    "1\ufe0f\u20e3",
]


def in_page(page: Page, module: str, name: str, texts: list[str]) -> Any:
    """Return what the page's own script makes of texts."""
    return page.evaluate(SCRIPTS, [texts, module, name])


def some_texts() -> list[str]:
    chance = random.Random(11)  # noqa: S311 - the texts are to be the same each time
    alphabets = [
        list(BASIC),
        list(BASIC + EXTENSION),
        [*"ab ", *LONG_TOGETHER, "e\u0301", "👍🏽"],
        [*"ab“”\u2019…—\u00a0日한"],
        ["\r\n", "\r", "\n", "€", "日"],
        [*BASIC, *EXTENSION, *LOOK_ALIKES, *"".join(LOOK_ALIKES.values())],
    ]
    return [
        "".join(chance.choices(chance.choice(alphabets), k=chance.choice([1, 3, 35, 66, 71, 140, 153, 161, 310, 700])))
        for _ in range(600)
    ]


def measured(text: str) -> dict[str, object]:
    found = measure(text)
    return {
        "encoding": found.encoding.value,
        "segments": found.segments,
        "characters": found.characters,
        "used": found.used,
        "left": found.left,
    }


@pytest.fixture
def desk(visit: Visit) -> Page:
    page = visit().open("/desk/")
    page.get_by_role("button", name="Continue as Ana").click()
    page.get_by_role("button", name="Become available").wait_for()
    return page


def test_the_page_counts_as_carriers_do(desk: Page) -> None:
    texts = [each["text"] for each in VECTORS]
    counted = in_page(desk, "segments.js", "measure", texts)
    assert [{key: each[key] for key in ("encoding", "segments", "characters")} for each in counted] == [
        {key: each[key] for key in ("encoding", "segments", "characters")} for each in VECTORS
    ]


def test_the_page_and_the_engine_count_alike(desk: Page) -> None:
    texts = some_texts()
    assert in_page(desk, "segments.js", "measure", texts) == [measured(text) for text in texts]


def test_the_page_and_the_engine_have_the_same_alphabet_and_look_alikes(desk: Page) -> None:
    letters = [each for each in map(chr, range(0x10000)) if not "\ud800" <= each <= "\udfff"]
    assert in_page(desk, "smart_encoding.js", "smartEncode", letters) == [smart_encode(each) for each in letters]
    assert in_page(desk, "segments.js", "fitsGsm7", letters) == [each in BASIC + EXTENSION for each in letters]


def test_the_page_and_the_engine_encode_alike(desk: Page) -> None:
    texts = some_texts()
    assert in_page(desk, "smart_encoding.js", "smartEncode", texts) == [smart_encode(text) for text in texts]


def test_half_a_character_spoils_nothing(desk: Page) -> None:
    segments = desk.evaluate(
        """async () => {
            const page = document.querySelector('script[type="module"]').src;
            const { measure } = await import(new URL("segments.js", page));
            return ["\\ud83d", "a\\ude00", "\\ude00\\ud83d"].map((text) => measure(text).segments);
        }"""
    )
    assert segments == [1, 1, 1]


def text(phone: Page, words: str) -> None:
    phone.get_by_label("Text to").fill(words)
    phone.keyboard.press("Enter")
    expect(phone.locator(".text.ours").last).to_contain_text(words)


SAID = {
    "Hello": "5 of 1600 characters · 1 SMS",
    "{1}": "5 of 1600 characters · 1 SMS",
    "Hello 🙂": "7 of 1600 characters · 1 SMS",
    "x" * 100 + "“": "101 of 1600 characters · 2 SMS · “ makes it 2 SMS instead of 1",
    "x" * 100 + "“”🙂": "103 of 1600 characters · 2 SMS · “, ” and 🙂 make it 2 SMS instead of 1",
    "x" * 100 + "\u00a0": "101 of 1600 characters · 2 SMS · an unusual space makes it 2 SMS instead of 1",
    "x" * 100 + "\u200b": "101 of 1600 characters · 2 SMS · a hidden character makes it 2 SMS instead of 1",
    "短信数不" * 20: "80 of 1600 characters · 2 SMS",
    "x" * 1601: "1601 of 1600 characters · 11 SMS",
    "": "",
}


def accept(desk: Page) -> None:
    desk.locator(".offer").get_by_role("button", name="Accept").first.click()
    expect(desk.get_by_label("Your text to")).to_be_focused()


def test_a_rep_sees_what_a_text_takes_and_why(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Hello?")
    accept(desk)
    for typed, said in SAID.items():
        desk.get_by_label("Your text to").fill(typed)
        expect(desk.locator(".count")).to_have_text(said)

    counted = desk.evaluate(
        """texts => {
            const box = document.querySelector(".composer textarea");
            return texts.map((text) => {
                box.value = text;
                box.dispatchEvent(new Event("input", { bubbles: true }));
                return document.querySelector(".count").textContent.split(" · ").slice(0, 2).join(" · ");
            });
        }""",
        [each["text"] for each in VECTORS],
    )
    assert [re.sub(r" of 1600", "", each) for each in counted] == [
        f"{each['characters']} characters · {each['segments']} SMS" if each["text"] else "" for each in VECTORS
    ]


def test_with_smart_encoding_a_rep_sees_what_is_sent(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Hello?")
    accept(desk)
    desk.locator(".count").evaluate("place => { place.dataset.smart = ''; }")
    desk.get_by_label("Your text to").fill("x" * 100 + "“…")
    expect(desk.locator(".count")).to_have_text("104 of 1600 characters · 1 SMS")


def test_a_long_text_says_in_the_transcript_how_many_sms_it_is(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Tell me")
    accept(desk)
    desk.get_by_label("Your text to").fill("Well " + "x" * 200)
    desk.keyboard.press("Enter")
    expect(desk.locator(".text.ours .segments")).to_have_text("2 SMS")
    expect(desk.locator(".text.theirs .segments")).to_have_count(0)
