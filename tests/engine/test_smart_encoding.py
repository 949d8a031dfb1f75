"""Typography that would double the price of a text is written in GSM-7's characters, where that is asked for."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.engine.segments import BASIC, EXTENSION, Encoding, measure
from cordboard.engine.smart_encoding import LOOK_ALIKES, smart_encode

OTHERS = "".join(LOOK_ALIKES.values())

texts = st.text(st.sampled_from(BASIC + EXTENSION + OTHERS), max_size=200) | st.text(max_size=200)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("\u201cIt\u2019s here\u201d \u2013 at last\u2026", '"It\'s here" - at last...'),
        ("9\u00a0am\u202fto\u20095\u200b pm", "9 am to 5 pm"),
        ("cafe\u0301", "café"),
        ("\u039a\u0391\u039b\u0397\u039c\u0395\u03a1\u0391", "KA\u039bHMEPA"),
        ("\u2022 one\u2028\u2022 two", "* one\n* two"),
    ],
)
def test_look_alikes_take_the_place_of_typography(written: str, sent: str) -> None:
    assert smart_encode(written) == sent
    assert measure(sent).encoding is Encoding.GSM_7


@pytest.mark.parametrize(
    "text",
    ["\u201cHi\u201d 🙂", "\u00ab日本\u00bb", "👩\u200d🚀", "\u0646\u0645\u06cc\u200c\u062e\u0648", "\u201c\ud83d", ""],
)
def test_a_text_that_needs_ucs_2_anyway_stays_as_it_was_written(text: str) -> None:
    assert smart_encode(text) == text


def test_a_text_that_would_take_more_stays_as_it_was_written() -> None:
    assert smart_encode("\u2026" * 70) == "\u2026" * 70


@given(texts)
def test_smart_encoding_never_costs_more_and_is_done_at_once(text: str) -> None:
    encoded = smart_encode(text)
    assert measure(encoded).segments <= measure(text).segments
    assert smart_encode(encoded) == encoded


@given(st.text(st.sampled_from(BASIC + EXTENSION)))
def test_a_text_that_fits_gsm_7_is_left_alone(text: str) -> None:
    assert smart_encode(text) == text


def test_every_look_alike_is_listed_once_and_becomes_gsm_7() -> None:
    assert len(set(OTHERS)) == len(OTHERS)
    assert not set(OTHERS) & set(BASIC + EXTENSION)
    assert all(measure(gsm).encoding is Encoding.GSM_7 for gsm in LOOK_ALIKES)


def test_every_space_of_unicode_becomes_a_space() -> None:
    spaces = {each for each in map(chr, range(0x10000)) if unicodedata.category(each) == "Zs"} - {" "}
    assert spaces <= set(LOOK_ALIKES[" "])
