"""Placeholders in what a channel sends: `"{to}"`, `"Bearer {secrets.token}"`. They are filled in, never evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from typing import Final, TypeAlias

from cordboard.engine.secret import Secret

Value: TypeAlias = str | int | list[str] | None
"""What stands for a placeholder. None where there is nothing to say."""

PLACEHOLDERS: Final = frozenset(
    {
        "to",  # the customer's number, as it is: E.164 with its plus sign
        "to_digits",  # the same without the plus sign
        "from",  # the number of ours
        "from_digits",
        "text",
        "id",  # the attempt key, a UUID: the same in every repetition
        "message",  # our id of the message, a number
        "media",  # the addresses of attachments
        "report_url",  # where delivery reports of this text are to be sent
        "valid_seconds",  # for how long the text is still of use
        "alphabet",  # the word for the alphabet that the text needs
    }
)

SAFE: Final = frozenset({"id", "message"})
"""Those that a header can carry, whatever the text is."""

_SECRET: Final = "secrets."  # noqa: S105 - the beginning of a placeholder's name


def placeholders_in(template: str) -> Iterator[str]:
    """Yield the names of a template's placeholders.

    Raises:
        ValueError: It is no template: a brace has no partner, or there is more than a name between two.
    """
    for _, name, form, conversion in Formatter().parse(template):
        if name is None:
            continue

        if form or conversion:
            raise ValueError("write no more than a name between braces, and a brace that is meant as {{ or }}")

        yield name


def template_problems(
    key: str, template: object, secrets: Mapping[str, Secret], *, known: frozenset[str] = PLACEHOLDERS
) -> Iterator[str]:
    """Yield what is wrong with a template, however deep it is, each as `key: reason`."""
    match template:
        case str():
            yield from _text_problems(key, template, secrets, known)
        case dict():
            for name, each in template.items():
                yield from template_problems(f"{key}.{name}", each, secrets, known=known)
        case list() | tuple():
            for at, each in enumerate(template):
                yield from template_problems(f"{key}[{at}]", each, secrets, known=known)
        case bool() | int() | float():
            pass
        case _:
            yield f"{key}: expected a string, a number, true or false, a list or a table"


def fill(template: object, values: Mapping[str, Value]) -> object:
    """Return a template with its placeholders filled in.

    A string that is one placeholder and nothing else becomes its value, a number or a list; a table leaves out what
    has nothing to say, and so does a list.
    """
    match template:
        case str():
            return _fill_text(template, values)
        case dict():
            filled = {name: fill(each, values) for name, each in template.items()}
            return {name: each for name, each in filled.items() if each is not None}
        case list() | tuple():
            return [each for each in (fill(each, values) for each in template) if each is not None]
        case _:
            return template


def fill_text(template: str, values: Mapping[str, Value], *, escape: Callable[[str], str] = str) -> str:
    """Return a template as one string; `escape` is for the values alone."""
    return "".join(
        literal + ("" if name is None else escape(_text(values[name])))
        for literal, name, _, _ in Formatter().parse(template)
    )


def secret_values(secrets: Mapping[str, Secret]) -> dict[str, Value]:
    """Return what stands for the placeholders of secrets."""
    return {_SECRET + name: secret.reveal() for name, secret in secrets.items()}


def _fill_text(template: str, values: Mapping[str, Value]) -> Value:
    match list(Formatter().parse(template)):
        case [("", str(name), _, _)]:
            return values[name]
        case _:
            return fill_text(template, values)


def _text(value: Value) -> str:
    if value is None:
        return ""

    return " ".join(value) if isinstance(value, list) else str(value)


def _text_problems(key: str, template: str, secrets: Mapping[str, Secret], known: frozenset[str]) -> Iterator[str]:
    try:
        names = set(placeholders_in(template))
    except ValueError as error:
        yield f"{key}: is no template: {error}"
        return

    everything = known | {_SECRET + each for each in secrets}
    for name in sorted(names - everything):
        if name in PLACEHOLDERS:
            yield f"{key}: {{{name}}} cannot stand here; only: {', '.join(sorted(everything))}"
        else:
            yield f"{key}: there is no placeholder {{{name}}} (there is: {', '.join(sorted(everything))})"
