"""The language of a text: told where it is certain, and never by chance."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from msgspec.structs import replace

from cordboard.engine import languages
from cordboard.engine.config import BoardConfig
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import InvalidConfiguration
from cordboard.engine.routing_words import Operator
from cordboard.engine.rules import Condition, Outputs, Rule, RuleSet
from cordboard.engine.testing.playground import CONFIG, Playground

SENTENCES = {
    "en": ("Hi, my order hasn't arrived yet, can you help?", "my parcel never came", "still waiting for a reply"),
    "es": ("hola, tienen stock de la talla 42?", "me cobraron dos veces", "cuando llega mi paquete"),
    "fr": ("c'est urgent svp, rappelez-moi", "le code ne marche pas", "j ai ete debite deux fois"),
    "de": ("wann habt ihr geöffnet", "bitte um rückruf", "das wurde zweimal abgebucht"),
    "it": ("quando arriva il pacco?", "il codice non funziona"),
    "pt": ("o código não funciona", "oi, fui cobrado duas vezes"),
    "nl": ("de code werkt niet", "wanneer komt mijn pakje"),
    "pl": ("kod nie działa", "proszę o kontakt"),
    "tr": ("paketim ne zaman gelecek",),
    "vi": ("khi nào hàng đến",),
    "tl": ("kailan darating ang package ko",),
    "ru": ("код не работает",),
    "uk": ("код не працює",),
    "ar": ("متى يصل الطرد",),
    "he": ("מתי תגיע החבילה",),
    "el": ("πότε θα έρθει το δέμα",),
    "th": ("พัสดุจะมาถึงเมื่อไหร่",),
    "zh": ("什么时候发货", "請問甚麼時候出貨"),
    "ja": ("いつ届きますか",),
    "ko": ("언제 도착하나요",),
}
HARD = {
    "es": ("no me funciona el codigo", "buenas tardes, quisiera cambiar la cita"),
    "fr": ("merci de me rappeler",),
    "uk": ("коли прийде посилка",),
    "fa": ("بسته من کی میرسد",),
}
"""Short, without accents, or near another language: here it may be unsure, and must not be wrong."""

NOTHING = (
    "", "ok", "Ok thanks", "yes", "no", "sí", "hola", "merci", "1234", "STOP", "👍", "❤️❤️", "?", "10:30", "lol",
    "hahaha", "+1 415 555 0123", "A123-99 ?",
    "Maria Gonzalez", "John Smith", "Anna Müller", "iPhone 15 Pro", "Order 4471", "DHL",
    "https://example.com/a/b", "me@example.com", "asdf asdf asdf", "\ud800\ud800", "\x00",
)  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [(tag, each) for tag, texts in SENTENCES.items() for each in texts])
def test_what_customers_write_is_told(language: str, text: str) -> None:
    assert languages.detector()(text) == language


@pytest.mark.parametrize(("language", "text"), [(tag, each) for tag, texts in HARD.items() for each in texts])
def test_what_is_hard_to_tell_is_not_told_wrongly(language: str, text: str) -> None:
    assert languages.detector()(text) in (language, None)


@pytest.mark.parametrize("text", NOTHING)
def test_what_says_little_is_in_no_language(text: str) -> None:
    assert languages.detector()(text) is None


def test_upper_case_and_line_ends_do_not_matter() -> None:
    guess = languages.detector()

    assert guess("BITTE UM RÜCKRUF, DER CODE FUNKTIONIERT NICHT") == "de"
    assert guess("Hallo,\nwo bleibt mein Paket?\r\nDanke") == "de"


def test_a_long_text_costs_little() -> None:
    guess = languages.detector()
    text = "mi pedido no ha llegado " * 400
    began = time.process_time()
    for index in range(100):
        assert guess(f"{text}{index}") == "es"

    assert time.process_time() - began < 1.0


# In rules


def asking(op: str, value: str | bool | tuple[str, ...]) -> BoardConfig:
    when = Condition(field="text_language", op=Operator(op), value=value)
    rules = (Rule(name="one", when=when, then=Outputs(priority=5)),)
    workstream = replace(CONFIG.workstreams[0], classification=(RuleSet(name="set", rules=rules),))
    return replace(CONFIG, workstreams=(workstream,))


@pytest.mark.parametrize(
    ("op", "value", "text", "applies"),
    [
        ("equals", "es", "me cobraron dos veces", True),
        ("equals", "es", "i was charged twice", False),
        ("one_of", ("es", "pt"), "oi, fui cobrado duas vezes", True),
        ("equals", "es", "ok", False),
        ("exists", True, "ok", False),
        ("exists", False, "ok", True),
        ("exists", True, "me cobraron dos veces", True),
    ],
)
def test_a_rule_asks_for_the_language_of_the_text(
    op: str, value: str | bool | tuple[str, ...], text: str, applies: bool
) -> None:
    play = Playground(asking(op, value))
    play.text(text)

    assert play.conversation().priority == (5 if applies else 0)


def test_a_language_is_asked_for_as_it_is_told() -> None:
    [problem] = find_problems(asking("equals", "pt-BR"))

    assert problem.endswith(
        "when.value: 'pt-BR' is no language as it is told from a text, such as 'es': no country, no script"
    )


def test_without_the_package_a_rule_that_asks_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_PACKAGE", "a_package_that_nobody_has")
    languages.detector.cache_clear()

    [problem] = find_problems(asking("equals", "es"))
    assert problem.endswith(
        'when.field: telling languages needs a package that is not installed: pip install ".[language]" '
        "in a checkout of Cordboard"
    )
    with pytest.raises(InvalidConfiguration, match=r'"\.\[language\]"'):
        languages.detector()

    assert list(find_problems(CONFIG)) == []


def test_nothing_is_loaded_where_no_rule_asks() -> None:
    played = "from cordboard.engine.testing.playground import Playground; Playground().text()"
    answer = subprocess.run(  # noqa: S603 - this Python, with a program of ours
        [sys.executable, "-c", f"import sys; {played}; print('fasttext' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout == "False\n"
