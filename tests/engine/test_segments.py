"""How many SMS a text takes, as carriers count it, and where it is cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import smsutil  # type: ignore[import-untyped]  # it ships no types
from hypothesis import assume, given
from hypothesis import strategies as st

from cordboard.engine.segments import BASIC, EXTENSION, Encoding, Measure, measure, split

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "segments.json").read_text("utf-8"))
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
"""One character to the eye, seven code points, eleven code units."""

ROOM = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}

plain = st.text(st.sampled_from(BASIC + EXTENSION), max_size=700)
single = st.text(st.sampled_from("aZ{€\n“—日한ç\u00a0😀🙂"), max_size=300)
"""Characters that are one code point each, whatever stands beside them."""

anything = st.one_of(
    plain,
    single,
    st.text(max_size=300),
    st.lists(
        st.sampled_from([FAMILY, "👍🏽", "🇺🇸", "e\u0301", "\r\n", "a", "€", "日", "\ud83d", "\u0301"]), max_size=100
    ).map("".join),
    st.text(st.characters(), max_size=40).map(lambda some: "a" + "\u0301" * 80 + some),
)


def units(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return len(text) + sum(letter in EXTENSION for letter in text)

    return sum(2 if letter > "\uffff" else 1 for letter in text)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['encoding']}-{vector['segments']}")
def test_a_text_is_counted_as_carriers_count_it(vector: dict[str, object]) -> None:
    text = str(vector["text"])
    counted = measure(text)
    assert (counted.encoding.value, counted.segments, counted.characters) == (
        vector["encoding"],
        vector["segments"],
        vector["characters"],
    )
    assert len(split(text)) == counted.segments


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", (Encoding.GSM_7, 0, 0, 0, 160)),
        ("a" * 160, (Encoding.GSM_7, 1, 160, 160, 0)),
        ("a" * 161, (Encoding.GSM_7, 2, 161, 8, 145)),
        ("€" * 80, (Encoding.GSM_7, 1, 160, 160, 0)),
        ("€" * 81, (Encoding.GSM_7, 2, 162, 10, 143)),  # 76 fit into 153 septets
        ("ж" * 70, (Encoding.UCS_2, 1, 70, 70, 0)),
        ("ж" * 71, (Encoding.UCS_2, 2, 71, 4, 63)),
        ("😀" * 35, (Encoding.UCS_2, 1, 35, 70, 0)),
        ("😀" * 36, (Encoding.UCS_2, 2, 36, 6, 61)),  # 33 fit into 67 code units
        (FAMILY, (Encoding.UCS_2, 1, 1, 11, 59)),
        ("e\u0301", (Encoding.UCS_2, 1, 1, 2, 68)),
        ("one\r\ntwo", (Encoding.GSM_7, 1, 8, 8, 152)),
        ("日本\r\n語", (Encoding.UCS_2, 1, 5, 5, 65)),
        ("\ud83d", (Encoding.UCS_2, 1, 1, 1, 69)),
        ("\x1b", (Encoding.UCS_2, 1, 1, 1, 69)),
    ],
)
def test_what_is_used_and_what_is_left_is_told(text: str, counted: tuple[Encoding, int, int, int, int]) -> None:
    found = measure(text)
    assert (found.encoding, found.segments, found.characters, found.used, found.left) == counted


def test_the_alphabet_is_that_of_gsm_7() -> None:
    assert len(set(BASIC)) == 127  # the 128th is the escape
    assert [each for each in map(chr, range(0x110000)) if measure(each).encoding is Encoding.GSM_7] == sorted(
        BASIC + EXTENSION
    )


@given(anything)
def test_the_parts_joined_are_the_text(text: str) -> None:
    assert "".join(split(text)) == text


@given(anything)
def test_every_part_fits_and_they_are_as_many_as_counted(text: str) -> None:
    counted, parts = measure(text), split(text)
    alone, joined = ROOM[counted.encoding]
    room = joined if len(parts) > 1 else alone
    assert all(0 < units(part, counted.encoding) <= room for part in parts)
    assert len(parts) == counted.segments
    assert counted.used == (units(parts[-1], counted.encoding) if parts else 0)
    assert counted.left == room - counted.used


def test_what_people_see_as_one_character_is_not_cut() -> None:
    parts = split("x" * 60 + FAMILY + "y" * 60)
    assert parts == ("x" * 60, FAMILY + "y" * 56, "y" * 4)


def test_a_character_that_no_segment_can_hold_is_cut_between_code_points() -> None:
    parts = split("x" * 60 + "a" + "\u0301" * 80)
    assert [len(part) for part in parts] == [67, 67, 7]


def test_an_escape_sequence_is_not_cut() -> None:
    assert split("x" * 152 + "€" + "y" * 160) == ("x" * 152, "€" + "y" * 151, "y" * 9)


@given(single | plain)
def test_another_tool_finds_the_same_parts(text: str) -> None:
    assume(text)  # it counts one segment for nothing
    theirs = smsutil.split(text)
    ours = measure(text)
    assert ours.encoding is (Encoding.GSM_7 if theirs.encoding == "gsm0338" else Encoding.UCS_2)
    assert list(split(text)) == [part.content for part in theirs.parts]


@given(anything)
def test_keeping_characters_whole_never_takes_fewer_parts(text: str) -> None:
    assume(text and "\x1b" not in text)  # it takes an escape for a character
    assert measure(text).segments >= len(smsutil.split(text).parts)


@given(anything)
def test_a_measure_is_of_some_use_for_every_text(text: str) -> None:
    assert isinstance(measure(text), Measure)
    assert measure(text).characters <= units(text, measure(text).encoding)
