"""Every error of Cordboard's can be handed on: copied, and sent to another process."""

from __future__ import annotations

import copy
import enum
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest

import cordboard
from cordboard.engine.errors import CordboardError


def modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(cordboard.__path__, "cordboard."):
        # What tests are made of has no errors, and is to be imported by pytest's own way, for its assertions.
        if not module.name.endswith("__main__") and ".testing." not in module.name:
            yield module.name


def error_classes() -> list[type[CordboardError]]:
    for module in modules():
        importlib.import_module(module)

    found, looked_at = {CordboardError}, [CordboardError]
    while looked_at:
        below = looked_at.pop().__subclasses__()
        found.update(below)
        looked_at += below

    return sorted(
        (each for each in found if each.__module__.startswith("cordboard.")), key=lambda each: each.__qualname__
    )


def example(kind: type[CordboardError]) -> CordboardError:
    """An error of a class, made from everything that it asks for."""
    if kind.__init__ is CordboardError.__init__:
        return kind("it happened here; do this")

    hints = get_type_hints(kind.__init__)
    message: list[Any] = []
    facts: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(kind).parameters.items()):
        if parameter.kind is parameter.KEYWORD_ONLY:
            facts[name] = value(hints[name])
        else:
            message.append(value(hints[name]))

    return kind(*message, **facts)


def value(hint: Any) -> Any:
    options = [each for each in (hint, *get_args(hint)) if inspect.isclass(each)]
    [kind, *_] = options
    if issubclass(kind, enum.Enum):
        return list(kind)[-1]

    return {str: "it happened here; do this", int: 7, bool: True, tuple: ("one", "two")}[kind]


@pytest.mark.parametrize("kind", error_classes(), ids=lambda each: each.__name__)
def test_an_error_is_the_same_after_it_was_handed_on(kind: type[CordboardError]) -> None:
    error = example(kind)
    error.add_note("while it was tried")
    sent = pickle.loads(pickle.dumps(error))  # noqa: S301 - it has just been made here

    for other in (copy.copy(error), copy.deepcopy(error), sent):
        assert other is not error
        assert type(other) is kind
        assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))


def test_facts_are_among_what_is_handed_on() -> None:
    with_facts = {kind.__name__ for kind in error_classes() if vars(example(kind))}

    assert {"IllegalTransition", "NotFound", "RepUnable", "InvalidConfiguration"} <= with_facts
