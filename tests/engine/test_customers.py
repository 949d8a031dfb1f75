"""Customers whom the configuration knows: rules look at them, and there may be very many."""

from __future__ import annotations

import time

from msgspec.structs import replace

from cordboard.engine.config import Customer
from cordboard.engine.config_problems import find_problems
from cordboard.engine.routing_words import Operator
from cordboard.engine.rules import Condition, Outputs, Route, Rule, RuleSet
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, Playground

GOLD = Condition(field="customer.attributes.tier", op=Operator.EQUALS, value="gold")
SORTED = replace(
    CONFIG,
    workstreams=(
        replace(
            CONFIG.workstreams[0],
            classification=(RuleSet(name="tier", rules=(Rule(name="gold", when=GOLD, then=Outputs(priority=5)),)),),
            routes=(Route(name="gold", when=GOLD, queue="second"),),
        ),
    ),
    customers=(Customer(number=CUSTOMER, name="Maria", attributes={"tier": "gold"}),),
)


def test_rules_and_routes_look_at_the_customer_s_record() -> None:
    play = Playground(SORTED)
    play.text()
    play.text(customer="+14155550199")

    assert (play.conversation(1).priority, play.conversation(1).queue) == (5, "second")
    assert (play.conversation(2).priority, play.conversation(2).queue) == (0, "general")
    assert play.board.customer_name(CUSTOMER) == "Maria"
    assert play.board.customer_name("+14155550199") is None


def test_a_customer_has_a_number_of_their_own() -> None:
    customers = tuple(Customer(number=each) for each in ("+14155550123", "4155550123", "+14155550123"))

    assert list(find_problems(replace(CONFIG, customers=customers))) == [
        "customers[2].number: '+14155550123' is there already, as customers[0]",
        "customers[1].number: '4155550123' is not E.164, such as '+14155550123'",
    ]


def test_ten_thousand_customers_come_into_force_at_once() -> None:
    customers = tuple(
        Customer(number=f"+1415{each:07}", name=f"Customer {each}", attributes={"tier": "gold"})
        for each in range(10_000)
    )
    began = time.process_time()
    play = Playground(replace(SORTED, customers=customers))

    assert play.board.customer_name("+14150009999") == "Customer 9999"
    assert time.process_time() - began < 2.0
