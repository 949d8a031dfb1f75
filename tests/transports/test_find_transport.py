"""How a provider's transport is found, and what its channels may be told."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from cordboard.daemon import config_file
from cordboard.engine.carrier import Accepted
from cordboard.engine.errors import Fault, InvalidConfiguration
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import outbound
from cordboard.transports.acs import AcsTransport
from cordboard.transports.base import (
    BUILT_IN,
    GROUP,
    ChannelSettings,
    ConfiguredTransport,
    TransportUnavailable,
    find_transport,
    require,
)
from cordboard.transports.http import HttpTransport
from cordboard.transports.simulator import SimulatorSettings, SimulatorTransport
from cordboard.transports.twilio import TwilioSettings, TwilioTransport

ROOT = Path(__file__).parents[2]


def channel(**changes: object) -> TwilioSettings:
    given = {
        "name": "main",
        "provider": "twilio",
        "account_sid": "AC" + 32 * "0",
        "auth_token": Secret("a-token-of-twilio"),
        "public_url": "https://sms.example.com",
    }
    return TwilioSettings(**{**given, **changes})  # type: ignore[arg-type]  # wrong values are what this is about


def install(folder: Path, entry_points: str, **modules: str) -> None:
    """Put a distribution with entry points and modules into a folder of the import path."""
    metadata = folder / "carrier_pigeon-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: carrier-pigeon\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{entry_points}\n")
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)


def test_the_transports_in_the_box_are_found_by_their_provider() -> None:
    in_the_box: dict[str, type[ConfiguredTransport]] = {
        "acs": AcsTransport,
        "http": HttpTransport,
        "simulator": SimulatorTransport,
        "twilio": TwilioTransport,
    }

    assert {provider: find_transport(provider) for provider in BUILT_IN} == in_the_box


def test_the_box_is_the_same_installed_and_from_its_sources() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["entry-points"][GROUP] == BUILT_IN


def test_a_transport_that_another_package_brings_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "pigeon = carrier_pigeon:Pigeon", carrier_pigeon="class Pigeon: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "carrier_pigeon", raising=False)

    assert find_transport("pigeon").__name__ == "Pigeon"


PIGEON = """
from cordboard.engine.carrier import Accepted, Capabilities, WebhookReply
from cordboard.engine.secret import Secret
from cordboard.transports.base import ChannelSettings


class PigeonSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    provider: str = "pigeon"
    ring: Secret
    loft: str
    spares: list[Secret] = []

    def find_problems(self):
        yield from super().find_problems()
        if not self.loft:
            yield "loft: is empty"


class Pigeon:
    Settings = PigeonSettings
    capabilities = Capabilities(max_characters=90)

    def __init__(self, settings):
        self.name, self.public_url, self._sent = settings.name, settings.public_url, 0

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        pass

    def receive(self, request):
        return WebhookReply(status=403, refusal="forged")

    async def send(self, message):
        self._sent += 1
        return Accepted(provider_id=f"pigeon-{self._sent}")
"""


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transport in a distribution of its own."""
    install(tmp_path, "pigeon = carrier_pigeon:Pigeon", carrier_pigeon=PIGEON)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "carrier_pigeon", raising=False)
    monkeypatch.setenv("RING", "secret-of-the-ring")


@pytest.mark.usefixtures("pigeon")
async def test_a_transport_that_another_package_brings_is_configured_and_sends_like_any_other() -> None:
    channel = 'name = "roof"\nprovider = "pigeon"\nloft = "north"\nring = { env = "RING" }\n'
    channel += 'spares = [{ env = "RING" }, "x"]\n'

    configuration = config_file.parse(f'[board]\nname = "contoso"\n[[channels]]\n{channel}', source="cordboard.toml")
    [transport] = configuration.build_transports()
    async with transport:
        result = await transport.send(outbound())

    assert [(each.name, each.provider) for each in configuration.board.channels] == [("roof", "pigeon")]
    assert result == Accepted(provider_id="pigeon-1")
    assert [each.reveal() for each in configuration.channels[0].spares] == ["secret-of-the-ring", "x"]  # type: ignore[attr-defined]  # its own
    assert "secret-of-the-ring" not in repr(configuration)


@pytest.mark.usefixtures("pigeon")
def test_every_wrong_key_of_a_transport_that_another_package_brings_is_told() -> None:
    channel = 'name = "roof"\nprovider = "pigeon"\nlofft = "north"\nloft = ""\nring = { env = "NO_RING" }\n'

    with pytest.raises(InvalidConfiguration) as refusal:
        config_file.parse(f'[board]\nname = "contoso"\n[[channels]]\n{channel}', source="cordboard.toml")

    assert [each.removeprefix("cordboard.toml: channels[0].") for each in refusal.value.problems] == [
        "lofft: is unknown; did you mean 'loft'?",
        "ring: the environment variable 'NO_RING' is not set",
        "loft: is empty",
    ]


def test_an_unknown_provider_is_told_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "pigeon = carrier_pigeon:Pigeon")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(
        TransportUnavailable, match=r"'twillio' \(installed: acs, http, pigeon, simulator, twilio\)"
    ) as caught:
        find_transport("twillio")

    assert caught.value.fault is Fault.OPERATOR


def test_a_transport_whose_own_package_is_broken_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "pigeon = carrier_pigeon:Pigeon", carrier_pigeon="import loft_that_nobody_built\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "carrier_pigeon", raising=False)

    with pytest.raises(TransportUnavailable, match="'loft_that_nobody_built' is not installed"):
        find_transport("pigeon")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("class Dove: pass\n", "AttributeError: module 'carrier_pigeon' has no attribute 'Pigeon'"),
        ("class Pigeon\n", r"SyntaxError: .*\(carrier_pigeon.py, line 1\)"),
        ("from cordboard.engine import Pigeon\n", "ImportError: cannot import name 'Pigeon'"),
        ("Pigeon = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("class Pigeon: pass\n", "has no Settings"),
    ],
)
def test_a_transport_that_is_broken_is_a_problem_of_the_file_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, why: str
) -> None:
    install(tmp_path, "pigeon = carrier_pigeon:Pigeon", carrier_pigeon=source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "carrier_pigeon", raising=False)
    channel = 'name = "roof"\nprovider = "pigeon"\n'

    with pytest.raises(InvalidConfiguration) as refusal:
        config_file.parse(f'[board]\nname = "contoso"\n[[channels]]\n{channel}', source="cordboard.toml")

    [problem] = refusal.value.problems
    assert problem.startswith("cordboard.toml: channels[0].provider: the transport for provider 'pigeon'")
    assert re.search(why, problem)


@pytest.mark.parametrize(
    ("provider", "missing", "extra"),
    [
        ("acs", "msrest", "acs"),
        ("http", "aiohttp", "http"),
        ("simulator", "twilio", "twilio"),
        ("twilio", "twilio", "twilio"),
    ],
)
def test_without_its_packages_a_provider_names_the_extra_to_install(
    provider: str, missing: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec

    def find_all_but_one(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == missing else found(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_all_but_one)
    for name in [each for each in sys.modules if each.startswith("cordboard.transports.")]:
        if name != "cordboard.transports.base":
            monkeypatch.delitem(sys.modules, name)

    told = rf"^provider '{provider}' needs .* \({missing}\): pip install \"\.\[{extra}\]\" in a checkout"
    with pytest.raises(TransportUnavailable, match=told):
        find_transport(provider)


def test_what_is_installed_is_not_imported_to_find_that_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> ModuleType:
        raise AssertionError(f"{name} was imported")

    monkeypatch.setattr(importlib, "import_module", refuse)

    require("twilio", "aiohttp", provider="twilio", extra="twilio")


@pytest.mark.parametrize("module", ["http", "twilio", "simulator"])
def test_importing_a_transport_imports_neither_the_sdk_nor_an_http_library(module: str) -> None:
    heavy = ("twilio", "aiohttp", "requests")
    program = (
        f"import sys; sys.path[:0] = {[str(ROOT / part) for part in ('engine', 'transports')]!r}\n"
        f"import cordboard.transports.{module}\n"
        f"print([each for each in sys.modules if each.partition('.')[0] in {heavy!r}])"
    )

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter

    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "url",
    [
        "https://sms.example.com",
        "https://sms.example.com/",
        "https://example.com:8443/texts/in",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ],
)
def test_a_public_url_has_a_host_and_perhaps_a_port_and_a_path(url: str) -> None:
    assert channel(public_url=url).webhook_url == f"{url.rstrip('/')}/webhooks/main"


@pytest.mark.parametrize("key", ["public_url", "api_url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "sms.example.com",
        "ftp://example.com",
        "https://",
        "https:///webhooks",
        "https://sms.example.com:99999",
        "https://sms.example.com/?channel=main",
        "https://sms.example.com/#rc=3",
        "https://sms.example.com/a b",
        "https://münchen.example",
        "https://ana:hunter2@sms.example.com",
    ],
)
def test_a_url_that_others_cannot_be_built_on_is_refused_and_not_repeated(key: str, url: str) -> None:
    with pytest.raises(ValueError, match=f"^{key}: ") as caught:
        channel(**{key: url})

    assert "hunter2" not in str(caught.value)


def test_settings_name_everything_that_is_wrong_with_them_one_on_each_line() -> None:
    with pytest.raises(ValueError, match="account_sid") as caught:
        channel(public_url="https://our_host.example", account_sid="../AC1", auth_token=Secret(""), api_url="nowhere")

    keys = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert keys == ["public_url", "account_sid", "auth_token", "api_url"]


def test_a_host_that_twilio_cannot_call_is_refused_for_webhooks_alone() -> None:
    assert channel(api_url="http://fake_carrier:9000").api_url == "http://fake_carrier:9000"
    with pytest.raises(ValueError, match="public_url: Twilio calls no host with an underscore"):
        channel(public_url="https://our_host.example.com")


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `phonse`"):
        msgspec.convert({"name": "demo", "provider": "simulator", "phonse": "phones.jsonl"}, SimulatorSettings)


def test_a_wrong_value_is_a_validation_error_where_msgspec_reads_it() -> None:
    with pytest.raises(msgspec.ValidationError, match="public_url"):
        msgspec.convert({"name": "main", "provider": "any", "public_url": "nowhere"}, ChannelSettings)


def test_settings_do_not_show_their_secret() -> None:
    assert "a-token-of-twilio" not in repr(channel())
    assert "a-token-of-twilio" not in repr(TwilioTransport(channel()))
