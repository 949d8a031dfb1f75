"""Who may come in: tokens and desk sessions."""

from __future__ import annotations

import pytest

from cordboard.daemon.access import SESSION_AGE, Access
from cordboard.engine import BoardConfig, ManualClock, Rep
from cordboard.engine.config import DAY
from cordboard.engine.errors import InvalidConfiguration
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Role

BOARD = BoardConfig(
    name="test",
    reps=(
        Rep(name="ana", display_name="Ana"),
        Rep(name="b.e-n_1", roles=(Role.REP, Role.SUPERVISOR)),
        Rep(name="nobody"),
    ),
)
TOKENS = {"ana": Secret("ana's own token"), "b.e-n_1": Secret("ben's own tökén")}


def test_a_token_opens_the_door_for_its_owner_alone() -> None:
    access = Access(BOARD, TOKENS)
    ana, ben = access.person_by_token("ana's own token"), access.person_by_token("ben's own tökén")

    assert ana is not None
    assert (ana.name, ana.display_name, ana.is_supervisor, ana.is_admin) == ("ana", "Ana", False, False)
    assert ben is not None
    assert (ben.name, ben.display_name, ben.is_supervisor) == ("b.e-n_1", "b.e-n_1", True)


@pytest.mark.parametrize("token", ["", "ana", "ana's own toke", "ana's own token ", "ANA'S OWN TOKEN", "\udcff"])
def test_anything_that_is_no_token_opens_nothing(token: str) -> None:
    assert Access(BOARD, TOKENS).person_by_token(token) is None


@pytest.mark.parametrize("name", ["ana", "b.e-n_1"])
def test_a_desk_session_survives_a_restart(name: str) -> None:
    clock = ManualClock()
    person = Access(BOARD, TOKENS).person_by_token(TOKENS[name].reveal())
    assert person is not None
    cookie = Access(BOARD, TOKENS, clock=clock).cookie_for(person)
    clock.move(DAY)

    assert Access(BOARD, TOKENS, clock=clock).person_by_cookie(cookie) == person


def test_a_desk_session_dies_with_its_token() -> None:
    access = Access(BOARD, TOKENS)
    ana = access.person_by_token("ana's own token")
    assert ana is not None
    cookie = access.cookie_for(ana)

    assert Access(BOARD, {"ana": Secret("another token")}).person_by_cookie(cookie) is None
    assert Access(BOARD, {}).person_by_cookie(cookie) is None


def test_a_desk_session_ends_after_its_time_and_none_begins_in_the_future() -> None:
    clock = ManualClock()
    access = Access(BOARD, TOKENS, clock=clock)
    ana = access.person_by_token("ana's own token")
    assert ana is not None
    cookie = access.cookie_for(ana)

    clock.move(SESSION_AGE)
    assert access.person_by_cookie(cookie) == ana
    clock.move(1)
    assert access.person_by_cookie(cookie) is None
    clock.move(-SESSION_AGE - DAY)
    assert access.person_by_cookie(cookie) is None


def test_a_forged_session_is_nobodys() -> None:
    clock = ManualClock()
    access = Access(BOARD, TOKENS, clock=clock)
    ana = access.person_by_token("ana's own token")
    assert ana is not None
    name, issued_at, signature = access.cookie_for(ana).split(".")
    longer = str(int(issued_at) + DAY)

    for forged in (
        f"b.e-n_1.{issued_at}.{signature}",
        f"{name}.{longer}.{signature}",
        f"{name}.{issued_at}.{signature[:-1]}",
        f"{name}.{issued_at}.",
        f"{name}.{issued_at}",
        f"nobody.{issued_at}.{signature}",
        f"{name}.x.{signature}",
        f"{name}.{issued_at}.é\udcff",
        "",
        "..",
    ):
        assert access.person_by_cookie(forged) is None, forged


@pytest.mark.parametrize(
    ("tokens", "problem"),
    [
        ({"ana": Secret("the same"), "b.e-n_1": Secret("the same")}, "'ana' and 'b.e-n_1' have the same token"),
        ({"ana": Secret("")}, "the token of 'ana' is empty"),
        ({"zoe": Secret("zoe's own token")}, "'zoe', who is no rep"),
    ],
)
def test_tokens_that_do_not_tell_people_apart_are_refused(tokens: dict[str, Secret], problem: str) -> None:
    with pytest.raises(InvalidConfiguration) as refusal:
        Access(BOARD, tokens)

    assert problem in str(refusal.value)
    assert "the same," not in str(refusal.value)


def test_neither_people_nor_cookies_show_a_token() -> None:
    access = Access(BOARD, TOKENS)
    ana = access.person_by_token("ana's own token")
    assert ana is not None

    assert "own token" not in repr(ana) + access.cookie_for(ana) + repr(vars(access)["_tokens"])
