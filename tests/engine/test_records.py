"""The records themselves."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec import Struct

from cordboard.engine.events import Event
from cordboard.engine.records import Assignment, Conversation, Message


@pytest.mark.parametrize("kind", [Assignment, Conversation, Message, *get_args(Event)])
def test_what_a_board_has_many_of_is_kept_out_of_the_garbage_collectors_rounds(kind: type[Struct]) -> None:
    assert kind.__struct_config__.frozen, "only what cannot form a cycle may be kept out"
    assert not kind.__struct_config__.gc
