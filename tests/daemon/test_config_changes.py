"""What differs between two configurations, told by kind and name, and no secret with it."""

from __future__ import annotations

import msgspec
import pytest

from cordboard.daemon import config_file
from cordboard.daemon.config_changes import Change, Fate, compare, in_short
from cordboard.daemon.config_file import Configuration

FILE = """
[board]
name = "contoso"

[[channels]]
name = "main"
provider = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = "hidden-in-the-channel"
public_url = "https://sms.example.com"

[[numbers]]
address = "+18005550100"
channel = "main"
kind = "toll_free"
workstream = "support"

[[workstreams]]
name = "support"
queue = "general"

[[queues]]
name = "general"
reps = ["ana", "ben"]

[[reps]]
name = "ana"
token = "hidden-token-of-ana"

[[reps]]
name = "ben"
token = "hidden-token-of-ben"

[[automated_messages]]
trigger = "greeting"
text = "Hello"

[[automated_messages]]
trigger = "greeting"
text = "Hello there"
number = "+18005550100"
"""


def read(text: str) -> Configuration:
    return config_file.parse(text, source="contoso.toml")


def changed(section: str, name: str, *keys: str) -> Change:
    return Change(fate=Fate.CHANGED, section=section, name=name, keys=keys)


def test_nothing_differs_between_a_file_and_itself_in_another_order() -> None:
    head, ana, ben = FILE.partition('[[reps]]\nname = "ana"')[0], *FILE.split("[[reps]]")[1:]
    ben, *rest = ben.partition("[[automated")
    other = f"{head}[[reps]]{ben}[[reps]]{ana}{''.join(rest)}"

    assert [each.name for each in read(other).board.reps] == ["ben", "ana"]
    assert compare(read(FILE), read(other)) == ()
    assert in_short(()) == {}


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (
            'name = "contoso"\n',
            'name = "contoso"\ntime_zone = "Europe/Berlin"\n',
            changed("board", "contoso", "time_zone"),
        ),
        ("sms.example", "texts.example", changed("channels", "main", "public_url")),
        ("hidden-in-the-channel", "hidden-elsewhere", changed("channels", "main", "auth_token")),
        (
            'twilio"\naccount_sid = "AC00000000000000000000000000000000"\nauth_token = "hidden-in-the-channel"\n',
            'simulator"\n',
            changed("channels", "main", "provider"),
        ),
        ('"toll_free"', '"local_10dlc"', changed("numbers", "+18005550100", "kind")),
        ('queue = "general"', 'queue = "general"\nwrap_up = "1m"', changed("workstreams", "support", "wrap_up")),
        ('["ana", "ben"]', '["ana"]\npriority = 2', changed("queues", "general", "reps", "priority")),
        ("hidden-token-of-ana", "hidden-token-of-eva", changed("reps", "ana", "token")),
        ('token = "hidden-token-of-ana"', "capacity = 9", changed("reps", "ana", "capacity", "token")),
        ('"Hello"', '"Hi"', changed("automated_messages", "greeting", "text")),
        ('"Hello there"', '"Hi there"', changed("automated_messages", "greeting on +18005550100", "text")),
    ],
)
def test_what_is_changed_is_told_with_its_keys_alone(before: str, after: str, change: Change) -> None:
    found = compare(read(FILE), read(FILE.replace(before, after, 1)))

    assert found == (change,)
    assert b"hidden" not in msgspec.json.encode(found)


def test_what_comes_and_what_goes_is_told_by_kind_and_name() -> None:
    zoe = '[[reps]]\nname = "zoe"\ntoken = "hidden-token-of-zoe"\n'
    skill = '[[skills]]\nname = "refunds"\n'
    gone = FILE.replace('[[reps]]\nname = "ben"\ntoken = "hidden-token-of-ben"\n', "").replace(', "ben"]', "]")

    changes = compare(read(FILE), read(gone + zoe + skill))

    assert in_short(changes) == {
        "changed": ["queue general: reps"],
        "added": ["rep zoe", "skill refunds"],
        "removed": ["rep ben"],
    }
    assert "hidden" not in str(changes)


def test_of_thousands_some_are_named_and_the_others_counted() -> None:
    customers = "".join(f'[[customers]]\nnumber = "+1415555{each:04}"\n' for each in range(1000))

    told = in_short(compare(read(FILE), read(FILE + customers)))

    assert (len(told["added"]), told["added"][0], told["added"][-1]) == (
        21,
        "customer +14155550000",
        "980 more customers",
    )
