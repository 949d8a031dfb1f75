"""What must hold between the records of a configuration, told with key and reason, everything at once."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cordboard.engine.assignment_problems import find_assignment_problems
from cordboard.engine.capacity_problems import find_capacity_problems
from cordboard.engine.config import E164, SHORT_CODE, Affinity, BoardConfig
from cordboard.engine.errors import InvalidConfiguration
from cordboard.engine.hours_problems import find_hours_problems
from cordboard.engine.language_tags import is_language
from cordboard.engine.message_problems import find_message_problems
from cordboard.engine.overflow_problems import find_overflow_problems
from cordboard.engine.presence_problems import find_presence_problems
from cordboard.engine.routing_words import AffinityTo, Obstacle
from cordboard.engine.rule_problems import find_rule_problems
from cordboard.engine.vocabulary import SYSTEM, Capability, NumberKind


def check(config: BoardConfig) -> None:
    """Raise `InvalidConfiguration` with every problem of `config`, each as `key: reason`."""
    problems = tuple(find_problems(config))
    if problems:
        raise InvalidConfiguration(problems)


def find_problems(config: BoardConfig) -> Iterator[str]:
    """Yield every way in which the records of `config` do not fit together, each as `key: reason`."""
    yield from _zone_problems(config)
    yield from _duplicates("channels", [each.name for each in config.channels])
    yield from _duplicates("numbers", [each.address for each in config.numbers], key="address")
    yield from _duplicates("workstreams", [each.name for each in config.workstreams])
    yield from _duplicates("queues", [each.name for each in config.queues])
    yield from _duplicates("reps", [each.name for each in config.reps])
    yield from _number_problems(config)
    queues = {each.name for each in config.queues}
    for index, workstream in enumerate(config.workstreams):
        yield from _missing(f"workstreams[{index}].queue", workstream.queue, queues, "queue")
        yield from _affinity_problems(f"workstreams[{index}].affinity", workstream.affinity)

    reps = {each.name for each in config.reps}
    for index, queue in enumerate(config.queues):
        yield from _duplicates(f"queues[{index}].reps", list(queue.reps), key="")
        for position, rep in enumerate(queue.reps):
            yield from _missing(f"queues[{index}].reps[{position}]", rep, reps, "rep")

    for index, person in enumerate(config.reps):
        if person.name in (SYSTEM, "customer"):
            yield f"reps[{index}].name: {person.name!r} is a word of Cordboard's own; choose another name"

    yield from _duplicates("customers", [each.number for each in config.customers], key="number")
    for index, customer in enumerate(config.customers):
        if not E164.fullmatch(customer.number):
            yield f"customers[{index}].number: {customer.number!r} is not E.164, such as '+14155550123'"

    yield from find_hours_problems(config)
    yield from find_message_problems(config)
    yield from find_presence_problems(config)
    yield from find_assignment_problems(config)
    yield from find_capacity_problems(config)
    yield from find_overflow_problems(config)
    yield from find_rule_problems(config)


def _zone_problems(config: BoardConfig) -> Iterator[str]:
    try:
        ZoneInfo(config.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"board.time_zone: {config.time_zone!r} is no IANA time zone, such as 'America/Los_Angeles'"


def _affinity_problems(key: str, affinity: Affinity) -> Iterator[str]:
    if Obstacle.OFFLINE in affinity.despite:
        yield f"{key}.despite: who is offline sees no offer; remove 'offline', and give wait: it waits for them so long"

    if affinity.to is AffinityTo.NONE and (affinity.wait or affinity.despite):
        yield f"{key}.to: with 'none' nobody is waited for; remove wait and despite, or give 'last_rep'"


def _number_problems(config: BoardConfig) -> Iterator[str]:
    channels = {each.name for each in config.channels}
    workstreams = {each.name for each in config.workstreams}
    for index, number in enumerate(config.numbers):
        key = f"numbers[{index}]"
        yield from _missing(f"{key}.channel", number.channel, channels, "channel")
        yield from _missing(f"{key}.workstream", number.workstream, workstreams, "workstream")
        if number.kind is NumberKind.SHORT_CODE:
            if not SHORT_CODE.fullmatch(number.address):
                yield f"{key}.address: {number.address!r} is no short code: 3 to 8 digits, nothing else"
        elif not E164.fullmatch(number.address):
            yield f"{key}.address: {number.address!r} is not E.164, such as '+18005550100'"

        if number.language and not is_language(number.language):
            yield f"{key}.language: {number.language!r} is no language tag, such as 'es' or 'pt-BR'"

        if number.direct_routing:
            yield f"{key}.direct_routing: a direct-routing number cannot carry SMS; remove it from this file"
        elif Capability.SMS not in number.capabilities:
            yield f"{key}.capabilities: without 'sms' the number cannot serve texts; add it or remove the number"


def _duplicates(table: str, names: list[str], *, key: str = "name") -> Iterator[str]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name in first:
            where = f"{table}[{index}].{key}" if key else f"{table}[{index}]"
            yield f"{where}: {name!r} is there already, as {table}[{first[name]}]"
        else:
            first[name] = index


def _missing(key: str, name: str, known: set[str], what: str) -> Iterator[str]:
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        yield f"{key}: there is no {what} {name!r} (there is: {listed})"
