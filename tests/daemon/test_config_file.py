"""The configuration file: what it may say, and that everything wrong with it is told at once."""

from __future__ import annotations

import re
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from cordboard.daemon import config_file
from cordboard.daemon.config_file import Configuration, RepEntry
from cordboard.daemon.durations import format_duration, parse_duration
from cordboard.engine.config import DAY, HOUR, MINUTE, SECOND, Affinity, AutoClose, BoardConfig
from cordboard.engine.errors import InvalidConfiguration
from cordboard.engine.routing_words import Distribution, Obstacle, Operator, WrapUp
from cordboard.engine.rules import Condition, Outputs
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Role
from cordboard.transports.acs import AcsSettings
from cordboard.transports.base import BUILT_IN, find_transport
from cordboard.transports.twilio import SharedKey, Subaccount, TwilioSettings

MINIMAL = """
[board]
name = "contoso"
time_zone = "America/Los_Angeles"

[[channels]]
name = "main"
provider = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = { env = "TWILIO_AUTH_TOKEN" }
public_url = "https://sms.example.com"

[[numbers]]
address = "+18005550100"
channel = "main"
kind = "toll_free"
workstream = "support"

[[workstreams]]
name = "support"
queue = "general"
distribution = "push"
offer_timeout = "120s"

[[queues]]
name = "general"
assignment = "highest_capacity"
reps = ["ana", "ben"]

[[reps]]
name = "ana"
display_name = "Ana"
capacity = 5
token = { env = "ANA_TOKEN" }

[[reps]]
name = "ben"
roles = ["rep", "supervisor", "admin"]
token = { file = "ben.token" }
"""


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("ANA_TOKEN", "ana-0123456789abcdef")
    (tmp_path / "ben.token").write_text("ben-0123456789abcdef\n", encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cordboard.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    return path


def _problems(text: str) -> list[str]:
    """Return everything that is wrong, without the file's name."""
    with pytest.raises(InvalidConfiguration) as refusal:
        config_file.parse(text, source="cordboard.toml")

    for problem in refusal.value.problems:
        assert problem.startswith("cordboard.toml: ")

    return [problem.removeprefix("cordboard.toml: ") for problem in refusal.value.problems]


def _with(old: str, new: str) -> str:
    assert old in MINIMAL
    return MINIMAL.replace(old, new).replace('{ file = "ben.token" }', '"ben-0123456789abcdef"')


def test_a_file_becomes_the_board_s_records(file: Path) -> None:
    configuration = config_file.read(file)

    board = configuration.board
    assert (board.name, board.time_zone) == ("contoso", "America/Los_Angeles")
    assert [(each.name, each.provider) for each in board.channels] == [("main", "twilio")]
    assert [each.address for each in board.numbers] == ["+18005550100"]
    assert board.workstreams[0].distribution is Distribution.PUSH
    assert board.workstreams[0].offer_timeout == 120 * SECOND
    assert board.workstreams[0].auto_close == AutoClose()
    assert board.queues[0].reps == ("ana", "ben")
    assert [each.capacity for each in board.reps] == [5, 1]
    assert board.reps[1].roles == (Role.REP, Role.SUPERVISOR, Role.ADMIN)
    assert type(board.reps[0]).__name__ == "Rep"


def test_a_channel_becomes_what_its_transport_wants_to_know(file: Path) -> None:
    [settings] = config_file.read(file).channels

    assert isinstance(settings, find_transport("twilio").Settings)
    assert settings.name == "main"
    assert settings.public_url == "https://sms.example.com"
    assert msgspec.structs.asdict(settings)["auth_token"] == Secret("0123456789abcdef0123456789abcdef")


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('date = "soon"', "date: expected a day, such as 2026-12-25, not a string"),
        ("date = 2026-12-24T00:00:00", "date: expected a day, such as 2026-12-25, not a datetime"),
        ("date = 20261224", "date: expected a day, such as 2026-12-25, not a whole number"),
        ("", "date: is missing"),
        (
            'date = 2026-12-24, openings = [{ opens = "9", closes = "12:00" }]',
            "openings[0].opens: '9' is no time of day, such as '09:00'",
        ),
    ],
)
def test_what_is_no_day_and_no_time_of_one_is_told_in_its_place(written: str, problem: str) -> None:
    day = f'{{ name = "Christmas", until = 2026-12-26{", " if written else ""}{written} }}'
    with pytest.raises(InvalidConfiguration) as refused:
        config_file.parse(f'[board]\nname = "b"\n[[hours]]\nname = "h"\nholidays = [{day}]', source="f")

    assert refused.value.problems == (f"f: hours[0].holidays[0].{problem}",)


@pytest.mark.parametrize(
    ("written", "on"), [("", False), ("smart_encoding = false", False), ("smart_encoding = true", True)]
)
def test_the_board_knows_whether_a_channel_has_smart_encoding(file: Path, written: str, on: bool) -> None:
    file.write_text(MINIMAL.replace('provider = "twilio"', f'provider = "twilio"\n{written}'))

    read = config_file.read(file)

    assert (read.board.channels[0].smart_encoding, read.channels[0].smart_encoding) == (on, on)


def test_a_channel_can_have_hours_and_what_it_cannot_have_is_told() -> None:
    text = MINIMAL.replace("{ env = ", "{ file = ").replace('"twilio"', '"simulator"\nhours = "office"')
    text = re.sub(r"^(account_sid|auth_token|token) = .*$", "", text, flags=re.MULTILINE)
    hours = '\n[[hours]]\nname = "office"\n'

    assert config_file.parse(text + hours, source="f").board.channels[0].hours == "office"
    with pytest.raises(InvalidConfiguration) as refused:
        config_file.parse(text, source="f")
    assert refused.value.problems == ("f: channels[0].hours: there are no hours 'office' (there is: none)",)


TWILIO = """auth_token = "new"
former_auth_tokens = [{ env = "BEN_TOKEN" }, "old"]
api_key_sid = "SK1"
api_key_secret = "its secret"
messaging_service_sid = "MG1"

[[channels.subaccounts]]
account_sid = "AC5"
auth_token = "its token"

[[channels.subaccounts.shared_keys]]
id = "key_2"
secret = "another"

[[channels.shared_keys]]
id = "key_1"
secret = { env = "BEN_TOKEN" }

[[numbers]]
"""


def _with_all_of_twilio(old: str = "", new: str = "") -> str:
    text = re.sub(r"auth_token = .*\n", "", _with("", ""), count=1)
    return text.replace("[[numbers]]\n", TWILIO.replace(old, new) if old else TWILIO, 1)


def test_a_twilio_channel_can_have_several_tokens_keys_and_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEN_TOKEN", "ben-0123456789abcdef")
    [settings] = config_file.parse(_with_all_of_twilio(), source="cordboard.toml").channels

    assert isinstance(settings, TwilioSettings)
    assert settings.former_auth_tokens == (Secret("ben-0123456789abcdef"), Secret("old"))
    assert (settings.api_key_sid, settings.api_key_secret) == ("SK1", Secret("its secret"))
    assert settings.messaging_service_sid == "MG1"
    assert settings.shared_keys == (SharedKey(id="key_1", secret=Secret("ben-0123456789abcdef")),)
    assert settings.subaccounts == (
        Subaccount(
            account_sid="AC5",
            auth_token=Secret("its token"),
            shared_keys=(SharedKey(id="key_2", secret=Secret("another")),),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('{ env = "BEN_TOKEN" }, "old"', '"old", ""', "channels[0].former_auth_tokens[1]"),
        ('api_key_secret = "its secret"\n', "", "channels[0].api_key_secret"),
        ('"AC5"', '"A C"', "channels[0].subaccounts[0].account_sid"),
        ('account_sid = "AC5"\n', "", "channels[0].subaccounts[0].account_sid"),
        ('id = "key_2"', 'key = "key_2"', "channels[0].subaccounts[0].shared_keys[0].key"),
        ('"its token"', "5", "channels[0].subaccounts[0].auth_token"),
        ('id = "key_1"', 'id = "a,b"', "channels[0].shared_keys[0].id"),
    ],
)
def test_what_is_wrong_inside_a_twilio_channel_is_named(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str, key: str
) -> None:
    monkeypatch.setenv("BEN_TOKEN", "ben-0123456789abcdef")
    problems = _problems(_with_all_of_twilio(old, new))

    assert key in [problem.partition(": ")[0] for problem in problems]


def test_tokens_come_from_the_environment_or_from_a_file_beside_the_configuration(file: Path) -> None:
    assert config_file.read(file).tokens == {
        "ana": Secret("ana-0123456789abcdef"),
        "ben": Secret("ben-0123456789abcdef"),
    }


def test_a_secret_may_be_literal() -> None:
    text = _with('{ env = "ANA_TOKEN" }', '"literal-0123456789"')

    assert config_file.parse(text, source="cordboard.toml").tokens["ana"] == Secret("literal-0123456789")


def test_a_rep_without_a_token_has_none() -> None:
    text = _with('token = { env = "ANA_TOKEN" }\n', "")

    assert list(config_file.parse(text, source="cordboard.toml").tokens) == ["ben"]


def test_no_secret_is_shown(file: Path) -> None:
    shown = repr(config_file.read(file))

    assert "0123456789abcdef" not in shown


def test_a_token_that_can_be_guessed_is_pointed_out() -> None:
    configuration = config_file.parse(_with('{ env = "ANA_TOKEN" }', '"secret"'), source="cordboard.toml")

    assert configuration.weak_tokens == ("ana",)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('offer_timeout = "120s"', "offer_timeout = 120", "workstreams[0].offer_timeout: 120 has no unit"),
        ('offer_timeout = "120s"', 'offer_timeout = "120"', "workstreams[0].offer_timeout: 120 has no unit"),
        ('offer_timeout = "120s"', 'offer_timeout = "2 min"', "workstreams[0].offer_timeout: '2 min' is no length"),
        ('offer_timeout = "120s"', "offer_timeout = true", "workstreams[0].offer_timeout: True is no length"),
        ('offer_timeout = "120s"', 'offer_timeout = "0s"', "workstreams[0].offer_timeout: '0s' is too short"),
        ('offer_timeout = "120s"', 'offer_timeout = "4000d"', "workstreams[0].offer_timeout: '4000d' is longer than"),
        ('offer_timeout = "120s"', 'offer_timout = "1s"', "offer_timout: is unknown; did you mean 'offer_timeout'?"),
        ('offer_timeout = "120s"', "auto_close = 1", "workstreams[0].auto_close: expected a table, not a whole number"),
        ('"120s"', '"1s"\nauto_close = { queued = 1 }', "workstreams[0].auto_close.queued: 1 has no unit"),
        ('name = "contoso"', "", "board.name: is missing"),
        ('name = "contoso"', 'name = "Contoso Ltd"', "board.name: 'Contoso Ltd' is no name"),
        ('"America/Los_Angeles"', '"Mars"', "board.time_zone: 'Mars' is no IANA time zone"),
        ("[board]", "[bord]", "bord: is unknown; did you mean 'board'?"),
        ("[board]", "[[board]]", "board: expected a table, not a list"),
        ("[[queues]]", "[queues]", "queues: there can be several: write [[queues]], not [queues]"),
        ('"push"', '"shove"', "workstreams[0].distribution: 'shove' is none of: 'push', 'pick'"),
        ("capacity = 5", 'capacity = "5"', "reps[0].capacity: expected a whole number, not a string"),
        ("capacity = 5", "capacity = 5.0", "reps[0].capacity: expected a whole number, not a number"),
        ("capacity = 5", "capacity = -1", "reps[0].capacity: -1 is too small: at least 0"),
        ("capacity = 5", "capacity = 99999999999999999999", "reps[0].capacity: 99999999999999999999 is too large"),
        ('["ana", "ben"]', '["ana", "bob"]', "queues[0].reps[1]: there is no rep 'bob' (there is: ana, ben)"),
        ('["ana", "ben"]', '["ana", 5]', "queues[0].reps[1]: expected a string, not a whole number"),
        ('["ana", "ben"]', '"ana"', "queues[0].reps: expected a list, not a string"),
        ('channel = "main"', 'channel = "man"', "numbers[0].channel: there is no channel 'man' (there is: main)"),
        ('"+18005550100"', '"18005550100"', "numbers[0].address: '18005550100' is not E.164"),
        ('"toll_free"', '"tollfree"', "numbers[0].kind: 'tollfree' is none of: 'toll_free'"),
        ('"twilio"', '"twillio"', "channels[0].provider: there is no transport for provider 'twillio'"),
        ('provider = "twilio"\n', "", "channels[0].provider: is missing"),
        ('"https://sms', '"sms', "channels[0].public_url: expected an http or https URL"),
        ("account_sid", "account_id", "channels[0].account_sid: is missing"),
        ("account_sid", "account_id", "channels[0].account_id: is unknown; did you mean 'account_sid'?"),
        ('env = "ANA_TOKEN"', 'env = "NOBODY"', "reps[0].token: the environment variable 'NOBODY' is not set"),
        ('env = "ANA_TOKEN"', 'file = "no"', "reps[0].token: there is no file 'no'"),
        ('env = "ANA_TOKEN"', 'file = "/dev/zero"', "reps[0].token: there is no file '/dev/zero'"),
        ('env = "ANA_TOKEN"', 'enw = "ANA_TOKEN"', 'reps[0].token: expected "literal", { env'),
        ('env = "ANA_TOKEN"', 'env = "A", file = "B"', 'reps[0].token: expected "literal", { env'),
        ('{ env = "ANA_TOKEN" }', '""', "reps[0].token: is empty"),
        ('{ env = "ANA_TOKEN" }', '"two words"', "reps[0].token: has a space"),
        ('name = "ana"', 'name = "system"', "reps[0].name: 'system' is a word of Cordboard's own"),
    ],
)
def test_what_is_wrong_is_told_by_file_key_and_reason(old: str, new: str, problem: str) -> None:
    assert any(problem in each for each in _problems(_with(old, new))), _problems(_with(old, new))


ACS = MINIMAL.replace(
    MINIMAL[MINIMAL.index('provider = "twilio"') : MINIMAL.index("[[numbers]]")],
    """provider = "acs"
endpoint = "https://contoso.communication.azure.com"
access_key = "YSBrZXk="
webhook_secret = "a-secret-of-event-grid"
old_webhook_secrets = ["another", { env = "TWILIO_AUTH_TOKEN" }]
webhook_secret_header = "x-secret"
event_grid_subscriptions = ["cordboard"]
event_grid_token = { tenant = "t", audience = "api://cordboard" }

""",
).replace('{ file = "ben.token" }', '"ben-0123456789abcdef"')


def test_a_number_that_its_carrier_cannot_serve_is_refused() -> None:
    assert _problems(ACS.replace('"+18005550100"', '"+448001234567"')) == [
        "numbers[0].kind: Azure's toll-free numbers serve CA, PR, US alone, not GB"
    ]
    assert _problems(ACS.replace('kind = "toll_free"', 'kind = "mobile"')) == [
        "numbers[0].kind: Azure's mobile numbers serve AU, BE, DK, FI, GB, IE, LV, NL, PL, SE alone, not US"
    ]


def test_a_direct_routing_number_is_refused_as_such() -> None:
    assert _problems(ACS.replace('kind = "toll_free"', 'kind = "toll_free"\ndirect_routing = true')) == [
        "numbers[0].direct_routing: a direct-routing number cannot carry SMS; remove it from this file"
    ]


def test_every_key_of_an_azure_channel_is_read() -> None:
    (settings,) = config_file.parse(ACS, source="cordboard.toml").channels

    assert isinstance(settings, AcsSettings)
    assert [each.reveal() for each in settings.webhook_secrets] == [
        "a-secret-of-event-grid",
        "another",
        "0123456789abcdef0123456789abcdef",
    ]
    assert settings.event_grid_token is not None
    assert settings.event_grid_token.accepted_issuers == (
        "https://login.microsoftonline.com/t/v2.0",
        "https://sts.windows.net/t/",
    )


ODD = [
    *["0", "-1", "1.5", "nan", "-inf", "true", "9999999999999999999999", "2026-11-24", "07:00:00"],
    *['""', '" "', '"\\u0000"', '"\\uffff"', '"' + "a" * 10_000 + '"'],
    *[
        "[]",
        "[[]]",
        "[{}]",
        "[1, true]",
        '[["ana"]]',
        "{}",
        "{ a = 1 }",
        "{ env = 1 }",
        '{ env = "\\u0000=" }',
        '{ file = "" }',
    ],
    *['{ file = "\\u0000" }', '{ file = "/" }', '{ file = "' + "a" * 5_000 + '" }'],
]


@pytest.mark.parametrize("odd", ODD, ids=[each[:20] for each in ODD])
def test_no_value_of_any_key_breaks_the_reading(odd: str) -> None:
    for whole in (MINIMAL, ACS):
        for line in [each for each in whole.splitlines() if " = " in each]:
            text = whole.replace(line, f"{line.partition(' = ')[0]} = {odd}", 1)
            with suppress(InvalidConfiguration):  # anything else it raises is a defect
                config_file.parse(text, source="cordboard.toml")


def test_a_token_that_two_reps_share_is_refused_and_not_shown() -> None:
    problems = _problems(_with('{ env = "ANA_TOKEN" }', '"ben-0123456789abcdef"'))

    assert problems == ["reps[1].token: is the same as reps[0].token; give each rep a token of their own"]


def test_everything_is_told_at_once_and_nothing_twice() -> None:
    text = """
    colour = "blue"
    [board]
    time_zone = "Mars"
    [[channels]]
    name = "main"
    provider = "twilio"
    account_sid = 5
    auth_token = { env = "NOBODY" }
    public_url = "ftp://x"
    [[numbers]]
    address = "12345"
    kind = "tollfree"
    workstream = "suport"
    [[workstreams]]
    name = "support"
    queue = "Général"
    offer_timeout = 90
    wrap_up = "1 minute"
    [[queues]]
    name = "general"
    reps = ["ana", "ana"]
    [[reps]]
    name = "ana"
    capacity = "many"
    """

    assert [problem.partition(": ")[0] for problem in _problems(text)] == [
        "colour",
        "board.name",
        "channels[0].account_sid",
        "channels[0].auth_token",
        "channels[0].public_url",
        "numbers[0].channel",
        "numbers[0].kind",
        "workstreams[0].queue",
        "workstreams[0].offer_timeout",
        "workstreams[0].wrap_up",
        "reps[0].capacity",
        "board.time_zone",
        "numbers[0].workstream",
        "queues[0].reps[1]",
    ]


def test_affinity_is_read_and_what_it_cannot_be_is_told() -> None:
    written = 'queue = "general"\naffinity = { to = "last_rep", wait = "2m", despite = ["presence", "capacity"] }'
    read = config_file.parse(_with('queue = "general"', written), source="cordboard.toml").board.workstreams[0].affinity
    assert read == Affinity(wait=2 * MINUTE, despite=(Obstacle.PRESENCE, Obstacle.CAPACITY))

    for old, new, problem in (
        ('"capacity"', '"offline"', "workstreams[0].affinity.despite: who is offline sees no offer; remove 'offline'"),
        ('"capacity"', '"mood"', "workstreams[0].affinity.despite[1]: 'mood' is none of: "),
        ('"2m"', "2", "workstreams[0].affinity.wait: 2 has no unit"),
        ('"last_rep"', '"none"', "workstreams[0].affinity.to: with 'none' nobody is waited for"),
    ):
        [found] = _problems(_with('queue = "general"', written.replace(old, new)))
        assert found.startswith(problem)


@pytest.mark.parametrize(
    ("written", "meant"),
    [('"always"', WrapUp.ALWAYS), ('"none"', WrapUp.NONE), ('"90s"', 90_000), ('"0s"', 0)],
)
def test_a_wrap_up_is_a_word_or_a_length_of_time(written: str, meant: WrapUp | int) -> None:
    text = _with('queue = "general"', f'queue = "general"\nwrap_up = {written}')

    assert config_file.parse(text, source="cordboard.toml").board.workstreams[0].wrap_up == meant


@pytest.mark.parametrize("written", ['"sometimes"', "90", "true", "[]", "{}"])
def test_what_is_no_wrap_up_is_told_with_what_would_be(written: str) -> None:
    [problem] = _problems(_with('queue = "general"', f'queue = "general"\nwrap_up = {written}'))

    assert problem.startswith("workstreams[0].wrap_up: ")
    assert problem.endswith("; or 'none' or 'always'")


def test_two_of_a_name_are_pointed_out() -> None:
    text = MINIMAL.replace('name = "ben"', 'name = "ana"').replace('{ file = "ben.token" }', '"ben-0123456789abcdef"')

    assert "reps[1].name: 'ana' is there already, as reps[0]" in _problems(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[board]\nname = "a"\nname = "b"\n', "line 3, column 11: Cannot overwrite a value"),
        ("[board]\nname = contoso\n", "line 2, column 8: Invalid value"),
        ('[board]\nname = "contoso', "end of document: "),
        ("a = " + "[" * 100_000, "is nested too deeply"),
        ("a = " + "1" * 10_000, "has a number that is far too long"),
    ],
)
def test_what_is_no_toml_is_told_by_line(text: str, problem: str) -> None:
    [only] = _problems(text)

    assert only.startswith(problem)


def test_a_device_that_never_ends_is_no_configuration() -> None:
    with pytest.raises(InvalidConfiguration, match="that is no configuration"):
        config_file.read(Path("/dev/zero"))


def test_an_empty_file_lacks_a_board() -> None:
    assert _problems("") == ["board.name: is missing"]


def test_a_byte_order_mark_does_no_harm(file: Path) -> None:
    plain = config_file.read(file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    assert config_file.read(file) == plain

    file.write_bytes(b"\xef\xbb\xbfa\nb\n\xff")
    with pytest.raises(InvalidConfiguration, match="look at line 3"):
        config_file.read(file)


@pytest.mark.parametrize(
    ("prepare", "problem"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file or directory"),
        (lambda path: path.write_bytes(b"a\n\xff"), "is not UTF-8 text: look at line 2, and save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_name(file: Path, prepare: object, problem: str) -> None:
    assert callable(prepare)
    prepare(file)

    with pytest.raises(InvalidConfiguration) as refusal:
        config_file.read(file)

    assert refusal.value.problems == (f"{file}: {problem}",)


def test_a_secret_in_a_file_that_is_no_text_is_told_without_it(file: Path) -> None:
    (file.parent / "ben.token").write_bytes(b"hush\xffhush")

    with pytest.raises(InvalidConfiguration) as refusal:
        config_file.read(file)

    [problem] = refusal.value.problems
    assert problem.endswith("ben.token' is not UTF-8 text")
    assert "hush" not in problem


@pytest.mark.parametrize(
    ("written", "length"),
    [("0s", 0), ("90s", 90 * SECOND), ("15m", 15 * MINUTE), ("2h", 2 * HOUR), ("30d", 30 * DAY), ("3650d", 3650 * DAY)],
)
def test_a_duration_is_a_number_and_a_unit(written: str, length: int) -> None:
    assert parse_duration(written) == length


@pytest.mark.parametrize(
    "written", ["", "s", "-1s", "1.5h", "1w", "1 s", "1S", "٣s", "1s ", "1m30s", 90, 1.5, None, []]
)
def test_anything_else_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match=r"unit|no length"):
        parse_duration(written)


@pytest.mark.parametrize("written", ["0s", "90s", "15m", "2h", "30d"])
def test_a_duration_is_written_as_it_is_read(written: str) -> None:
    assert format_duration(parse_duration(written)) == written


RULES = """
[[workstreams.classification]]
name = "topics"

[[workstreams.classification.rules]]
name = "refund"
when = { any = [
    { field = "text", op = "contains", value = "refund" },
    { not = { field = "known_customer", op = "equals", value = true } },
] }
then = { priority = 10, capacity_cost = 2, context = { topic = "refund" } }

[[workstreams.routes]]
name = "shared"
split = { general = 100 }

[[queues]]
name = "general"
"""


def _with_rules(old: str = "", new: str = "") -> str:
    assert old in RULES
    return _with('[[queues]]\nname = "general"\n', RULES.replace(old, new, 1))


def test_rules_are_read_as_they_are_nested() -> None:
    workstream = config_file.parse(_with_rules(), source="cordboard.toml").board.workstreams[0]

    [rule] = workstream.classification[0].rules
    assert rule.when is not None
    assert rule.when.any is not None
    assert rule.when.any[0] == Condition(field="text", op=Operator.CONTAINS, value="refund")
    assert rule.when.any[1].not_ == Condition(field="known_customer", op=Operator.EQUALS, value=True)
    assert rule.then == Outputs(priority=10, capacity_cost=2, context={"topic": "refund"})
    assert workstream.routes[0].split == {"general": 100}


RULE = "workstreams[0].classification[0].rules[0]"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('op = "contains"', 'op = "has"', f"{RULE}.when.any[0].op: 'has' is none of: 'equals', 'one_of', 'contains'"),
        ('field = "text"', 'feild = "text"', f"{RULE}.when.any[0].feild: is unknown; did you mean 'field'?"),
        ('value = "refund"', "value = 1.5", f"{RULE}.when.any[0].value: expected "),
        ('value = "refund"', "value = [1, 2]", f"{RULE}.when.any[0].value: expected a string, not a whole number"),
        ('value = "refund"', 'value = ""', f"{RULE}.when.any[0].value: is empty"),
        ("value = true", 'value = "yes"', f"{RULE}.when.any[1].not.value: expected true or false"),
        ("not = {", "nor = {", f"{RULE}.when.any[1].nor: is unknown"),
        ("any = [", "any = 5, all = [", f"{RULE}.when.any: expected a list, not a whole number"),
        ("capacity_cost = 2", "capacity_cost = 0", f"{RULE}.then: its conversations take nothing, so a rep would get"),
        ("capacity_cost = 2", "capacity_cost = -1", f"{RULE}.then.capacity_cost: -1 is too small: at least 0"),
        ("capacity_cost = 2", "costs = { sms = -1 }", f"{RULE}.then.costs.sms: -1 is too small: at least 0"),
        ("capacity_cost = 2", "costs = { sms = 1 }", f"{RULE}.then.costs.sms: there is no capacity profile 'sms'"),
        ('topic = "refund"', "topic = true", f"{RULE}.then.context.topic: expected "),
        ("then = {", "than = {", f"{RULE}.than: is unknown; did you mean 'then'?"),
        ("general = 100", "general = 99", "workstreams[0].routes[0].split: the shares are percentages: together they"),
    ],
)
def test_a_bad_rule_is_told_by_its_place(old: str, new: str, problem: str) -> None:
    assert _problems(_with_rules(old, new))[0].startswith(problem)


def test_rules_that_are_nested_without_end_are_refused() -> None:
    deep = "when" + ".not" * 5_000 + '.field = "text"\n'

    assert _problems(_with_rules('name = "shared"\n', 'name = "shared"\n' + deep)) == ["is nested too deeply"]


def test_the_reference_s_rules_are_fine() -> None:
    reference = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    rules = (
        reference.read_text(encoding="utf-8").partition("### Rules")[2].partition("```toml\n")[2].partition("```")[0]
    )
    queues = '[[queues]]\nname = "second"\n\n[[queues]]\nname = "spanish"\n\n[[queues]]\nname = "general"\n'
    _, _, rest = rules.partition('queue = "general"\n')
    text = _with('[[queues]]\nname = "general"\n', rest + queues)

    workstream = config_file.parse(text, source="cordboard.toml").board.workstreams[0]
    assert len(workstream.classification) == len(workstream.routes) == 2


def test_the_reference_s_overflow_is_fine() -> None:
    reference = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    example = (
        reference.read_text(encoding="utf-8").partition("### Overflow")[2].partition("```toml\n")[2].partition("```")[0]
    )
    text = _with(
        '[[queues]]\nname = "general"\n', f'[[hours]]\nname = "business"\n\n{example}\n[[queues]]\nname = "general"\n'
    )

    billing = config_file.parse(text, source="cordboard.toml").board.queues[0]
    assert [each.over for each in billing.overflow] == [None, None, 30 * MINUTE, 2 * HOUR]


def _keys() -> list[tuple[str, str, object]]:
    """Every key there is, with the heading of the reference that it belongs under, and what it is by default."""
    keys = [("[board]", field.encode_name, _default_of(field)) for field in config_file.BOARD_FIELDS]
    for section, kind in config_file.SECTIONS.items():
        if section != "channels":
            keys += _keys_of(RepEntry if section == "reps" else kind, f"[[{section}]]")

    for provider in BUILT_IN:
        keys += _keys_of(find_transport(provider).Settings, "[[channels]]")

    return keys


def _keys_of(kind: type[Struct], heading: str, prefix: str = "") -> list[tuple[str, str, object]]:
    keys = []
    for field in msgspec.structs.fields(kind):
        keys.append((heading, prefix + field.encode_name, _default_of(field)))
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            keys += _keys_of(field.type, heading, f"{prefix}{field.encode_name}.")

    return keys


def _default_of(field: msgspec.structs.FieldInfo) -> object:
    """What a file would say for the same; None where nothing, or a table of its own, stands there."""
    if field.required:
        return "required"

    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return None if default == "" or isinstance(default, Struct) else msgspec.json.decode(msgspec.json.encode(default))


def _explained(heading: str, key: str) -> str:
    """What the reference says of a key, and of its default first."""
    reference = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    section = reference.read_text(encoding="utf-8").partition(f"## `{heading}`")[2].partition("\n## ")[0]
    _, found, rest = section.partition(f"\n| `{key}` | ")
    assert found, "the reference has no line for it"
    return rest.partition("\n")[0]


@pytest.mark.parametrize(("heading", "key"), sorted({each[:2] for each in _keys()}))
def test_the_reference_explains_every_key(heading: str, key: str) -> None:
    assert _explained(heading, key)


@pytest.mark.parametrize(("heading", "key", "default"), _keys())
def test_the_reference_has_every_default(heading: str, key: str, default: object) -> None:
    told = _explained(heading, key).partition("|")[0].strip()
    if literal := re.fullmatch(r"`(.*)`", told):
        value = tomllib.loads(f"default = {literal[1]}")["default"]
        is_length = isinstance(default, int) and isinstance(value, str)
        assert (parse_duration(value) if is_length else value) == default
    elif told == "required":
        assert default in ("required", None, []) or key == "provider", "some depend on another key"
    else:
        assert default in (None, "required", [], {}) or told in ("a sentence that says so", "a sentence about both")


def test_the_reference_s_example_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEN_TOKEN", "ben-0123456789abcdef")
    reference = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    example = reference.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]

    assert isinstance(config_file.parse(example, source="example"), Configuration)


def test_every_section_of_the_board_can_be_written() -> None:
    named = {field.name for field in config_file.BOARD_FIELDS} | set(config_file.SECTIONS)

    assert named == set(BoardConfig.__struct_fields__)


def test_ten_thousand_customers_are_read_in_moments() -> None:
    customer = '[[customers]]\nnumber = "+1415{0:07}"\nname = "Customer {0}"\nattributes = {{ tier = "gold" }}\n'
    text = '[board]\nname = "contoso"\n' + "".join(customer.format(each) for each in range(10_000))
    began = time.process_time()
    board = config_file.parse(text, source="cordboard.toml").board

    assert len(board.customers) == 10_000
    assert (board.customers[-1].name, board.customers[-1].attributes) == ("Customer 9999", {"tier": "gold"})
    assert time.process_time() - began < 10.0
