"""The command line: `cordboard serve`, `check`, `apply`, `explain`, `hours`, `demo` and `simulator`."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import msgspec

from cordboard.daemon import config_file, hours_command
from cordboard.daemon.config_changes import Change, in_short, things
from cordboard.daemon.explanation import tell, tell_rep
from cordboard.daemon.logs import LEVELS, configure_logging
from cordboard.daemon.process import run
from cordboard.daemon.release import release
from cordboard.engine.errors import CordboardError, InvalidConfiguration

ANSWER_SECONDS: Final = 30
"""How long a running daemon may take to put a configuration in force, or to answer."""


_PRIVATE = 0o077
"""Files that the daemon makes hold customers' texts: nobody else on the machine may read them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return the process's exit code: 0 done, 1 could not be done, 2 not understood."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except InvalidConfiguration as error:
        return _fail(*error.problems)
    except CordboardError as error:
        return _fail(f"cordboard: {error}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("cordboard"):
            raise

        return _fail(
            f"cordboard: {error.name!r} is not installed; this command needs "
            'pip install ".[daemon]" in a checkout of Cordboard'
        )
    except BrokenPipeError:  # whoever reads us, such as `head`, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1

    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cordboard", description="An SMS contact centre.")
    parser.add_argument("--version", action="version", version=f"cordboard {release()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the daemon")
    serve.add_argument("--config", required=True, type=Path, metavar="FILE", help="the configuration file")
    serve.add_argument(
        "--db", default=Path("cordboard.db"), type=Path, metavar="PATH", help="the database (default: %(default)s)"
    )
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    serve.add_argument(
        "--port", default=8080, type=_port, help="the port; 0 for any that is free (default: %(default)s)"
    )
    serve.add_argument("--log-level", default="info", choices=LEVELS, help="(default: %(default)s)")
    serve.set_defaults(run=_serve)

    check = commands.add_parser("check", help="tell everything that is wrong with a configuration file")
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(run=_check)

    apply = commands.add_parser("apply", help="put a configuration file in force on a running daemon")
    apply.add_argument("file", type=Path, metavar="FILE")
    apply.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")
    _add_daemon(apply, whose="an admin's")
    apply.set_defaults(run=_apply)

    explain = commands.add_parser(
        "explain", help="tell why a conversation went where it went, or why a rep gets nothing"
    )
    explained = explain.add_mutually_exclusive_group(required=True)
    explained.add_argument("conversation", nargs="?", type=int, metavar="CONVERSATION", help="its id")
    explained.add_argument("--rep", metavar="NAME", help="why this rep gets nothing of what waits")
    _add_daemon(explain, whose="your")
    explain.set_defaults(run=_explain)

    hours_command.add_to(commands)

    demo = commands.add_parser("demo", help="try it: a contact centre with a simulated carrier, on this machine")
    demo.add_argument("--port", default=8080, type=_port, help="(default: %(default)s)")
    demo.add_argument(
        "--data", default=Path("demo-data"), type=Path, metavar="DIR", help="where it is kept (default: %(default)s)"
    )
    demo.add_argument("--check", action="store_true", help="play one conversation through by itself, and exit")
    demo.set_defaults(run=_demo)

    simulator = commands.add_parser("simulator", help="run a simulated carrier alone, to test what you build with it")
    simulator.add_argument("--port", default=8090, type=_port, help="0 for any that is free (default: %(default)s)")
    simulator.add_argument("--twilio", default="", metavar="ACCOUNT:TOKEN", help="(default: made up)")
    simulator.add_argument("--webhook", default="", metavar="URL", help="where Twilio brings customers' texts")
    simulator.add_argument("--acs", default="", metavar="KEY", help="an access key of Communication Services, or new")
    simulator.add_argument("--events", default="", metavar="URL", help="where Event Grid brings events")
    simulator.add_argument("--cloud-events", action="store_true", help="write events as CloudEvents")
    simulator.add_argument(
        "--event-header", action="append", default=[], metavar="NAME=VALUE", help="what Event Grid says besides"
    )
    simulator.add_argument(
        "--hurry", default=10.0, type=_factor, metavar="FACTOR", help="repeat events so much faster (default: 10)"
    )
    simulator.add_argument(
        "--acs-number", action="append", default=[], metavar="NUMBER", help="a number of Communication Services"
    )
    simulator.add_argument(
        "--keywords", default="default", choices=("none", "default", "advanced"), help="what is done about STOP"
    )
    simulator.add_argument("--chaos", type=int, metavar="SEED", help="let everything go wrong now and then")
    simulator.set_defaults(run=_simulator)
    return parser


def _add_daemon(parser: argparse.ArgumentParser, *, whose: str) -> None:
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the daemon (default: %(default)s)")
    parser.add_argument(
        "--token-env",
        default="CORDBOARD_TOKEN",
        metavar="NAME",
        help=f"the environment variable with {whose} token (default: %(default)s)",
    )


def _port(written: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", written, re.ASCII) or int(written) > 65535:
        raise argparse.ArgumentTypeError(f"{written!r} is no port: a whole number from 0 to 65535")

    return int(written)


def _factor(written: str) -> float:
    try:
        factor = float(written)
    except ValueError:
        factor = 0.0

    if not 0 < factor < float("inf"):
        raise argparse.ArgumentTypeError(f"{written!r} is no factor: a number above 0, such as 10")

    return factor


def _serve(options: argparse.Namespace) -> int:
    configuration = config_file.read(options.config)
    configure_logging(options.log_level)
    os.umask(_PRIVATE)
    # What serves is imported here: the other commands need none of it, and start the sooner.
    from cordboard.daemon.serve import serve_until_signal

    try:
        run(lambda: serve_until_signal(configuration, db=options.db, host=options.host, port=options.port))
    except InvalidConfiguration as error:  # the file is in itself, but not with what the board has
        return _fail(*(f"{options.config}: {problem}" for problem in error.problems))

    return 0


def _check(options: argparse.Namespace) -> int:
    try:
        configuration = config_file.read(options.file)
    except InvalidConfiguration as error:
        print("\n".join(error.problems))
        return 1

    counts = [(len(getattr(configuration.board, section)), section) for section in config_file.SECTIONS]
    told = ", ".join(f"{count} {things(count, section)}" for count, section in counts if count) or "an empty board"
    print(f"{options.file}: fine: {told}")
    for name in configuration.weak_tokens:
        print(f"{options.file}: note: the token of {name!r} can be guessed: use 16 random characters or more")

    return 0


class _Applied(msgspec.Struct, frozen=True):
    """What is looked at of the daemon's answer."""

    changes: tuple[Change, ...]


def _apply(options: argparse.Namespace) -> int:
    text = config_file.text_of(options.file)
    try:
        told = _ask(
            options,
            "/v1/configuration",
            {"source": str(options.file.resolve()), "toml": text, "dry_run": options.dry_run},
        )
    except _Unanswered as error:
        return _fail(*error.problems)

    try:
        short = in_short(msgspec.convert(told, _Applied).changes)
    except msgspec.ValidationError:
        return _fail(f"cordboard: {options.url} answers, but not as a Cordboard of this release does")

    nothing = "" if short else "; nothing changes" if options.dry_run else "; nothing has changed"
    print(f"{options.file}: {'not applied, a dry run' if options.dry_run else 'applied'}{nothing}")
    for fate, named in short.items():
        for each in named:
            print(f"  {fate:<8} {each}")

    return 0


def _explain(options: argparse.Namespace) -> int:
    if options.rep is not None:
        return _explain_rep(options)

    path = f"/v1/conversations/{options.conversation}/routing"
    try:
        page = _ask(options, path)
        facts = page["items"]
        while page["next"] is not None:
            page = _ask(options, f"{path}?cursor={page['next']}")
            facts += page["items"]
    except _Unanswered as error:
        return _fail(*error.problems)

    print("\n".join(tell(facts, page["waiting"])))
    return 0


def _explain_rep(options: argparse.Namespace) -> int:
    try:
        told = _ask(options, f"/v1/reps/{urllib.parse.quote(options.rep, safe='')}/routing")
    except _Unanswered as error:
        return _fail(*error.problems)

    print("\n".join(tell_rep(told)))
    return 0


class _Unanswered(Exception):
    """A daemon did not do what it was asked."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__(*problems)


def _ask(options: argparse.Namespace, path: str, data: object = None) -> Any:
    """Ask the daemon that the options name, and return its answer."""
    token = os.environ.get(options.token_env, "")
    if not config_file.HEADER_TEXT.fullmatch(token):
        raise _Unanswered(f"cordboard: the environment variable {options.token_env!r} is not set to a token")

    if not options.url.startswith(("http://", "https://")):
        raise _Unanswered(f"cordboard: {options.url!r} is no URL of a daemon, such as http://127.0.0.1:8080")

    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        options.url.rstrip("/") + path,
        data=None if data is None else json.dumps(data).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    # No proxy in between: it would see the token and the configuration.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=ANSWER_SECONDS) as answer:
            body = answer.read()
            return json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        raise _Unanswered(*_problems_of(error)) from None
    except (OSError, HTTPException, ValueError) as error:
        raise _Unanswered(f"cordboard: no answer from {options.url}: {error}") from None


def _problems_of(error: urllib.error.HTTPError) -> list[str]:
    try:
        answer = json.loads(error.read())
        return answer.get("problems") or [f"cordboard: {answer['detail']}"]
    except (ValueError, KeyError, AttributeError):  # whoever answers there is no Cordboard
        return [f"cordboard: {error.url} answers {error.code} {error.reason}"]


def _demo(options: argparse.Namespace) -> int:
    configure_logging("warning")
    os.umask(_PRIVATE)
    from cordboard.daemon.demo import run_demo
    from cordboard.daemon.demo_check import check_demo

    if options.check:
        return run(check_demo)

    run(lambda: run_demo(options.data, port=options.port))
    return 0


def _simulator(options: argparse.Namespace) -> int:
    configure_logging("warning")
    from cordboard.daemon.simulate import Wish, run_simulator
    from cordboard.transports.simulator.acs.resource import Schema
    from cordboard.transports.simulator.opt_outs import KeywordHandling

    wish = Wish(
        port=options.port,
        twilio=options.twilio,
        webhook=options.webhook,
        acs=options.acs,
        events=options.events,
        schema=Schema.CLOUD_EVENTS if options.cloud_events else Schema.EVENT_GRID,
        headers=tuple(options.event_header),
        hurry=options.hurry,
        numbers=tuple(options.acs_number),
        keywords=KeywordHandling(options.keywords),
        chaos=options.chaos,
    )
    run(lambda: run_simulator(wish))
    return 0


def _fail(*problems: str) -> int:
    for each in problems:
        print(each, file=sys.stderr)

    return 1
