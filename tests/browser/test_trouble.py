"""What a rep sees, without a reload, when texts fail and when a customer has had enough."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect
from tests.browser.test_talking import accept, text, write

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

Open = Callable[..., Page]

_ids = count(1)


def tell(url: str, **what: object) -> None:
    """Have the carrier tell the daemon something."""
    request = urllib.request.Request(  # noqa: S310 - our own daemon, on loopback
        f"{url}/webhooks/main", data=json.dumps(what).encode(), headers={"X-Secret": "right"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
        assert answer.status == 200


def sit_down(page: Page, name: str) -> Page:
    page.get_by_role("button", name=f"Continue as {name}").click()
    page.get_by_role("button", name="Become available").click()
    page.get_by_text("none now").wait_for()
    return page


def test_a_customer_who_opts_out_is_written_to_no_more_until_they_opt_in(desk_of: Open, phone_of: Open) -> None:
    desk, phone = desk_of("Ana"), phone_of()
    text(phone, "Hi, where is my order?")
    accept(desk)
    text(phone, "STOP")
    expect(desk.locator(".state")).to_have_text("Ended")
    expect(desk.locator(".bench")).to_contain_text("the customer wants no more texts")
    expect(desk.locator(".note").filter(has_text="The customer opted out with “STOP”")).to_be_visible()
    expect(desk.get_by_label("Your text to")).to_be_hidden()

    text(phone, "One more question")
    desk.locator(".offer").get_by_role("button", name="Accept").click()
    banner = desk.locator(".banner.unsure")
    expect(banner).to_contain_text("The customer has opted out of texts from +1 800 555 0100")
    expect(desk.get_by_label("Your text to")).not_to_be_editable()
    expect(desk.get_by_role("button", name="Send")).to_be_disabled()

    text(phone, "START")
    expect(banner).to_have_count(0)
    expect(desk.get_by_label("Your text to")).to_be_editable()
    write(desk, "Welcome back")
    expect(phone.locator(".text.theirs").last).to_contain_text("Welcome back")


def test_a_text_that_fails_says_why_and_can_be_written_again_where_that_helps(
    visit_troubled: Callable[..., Visitor], troubled: str
) -> None:
    desk = sit_down(visit_troubled().open("/desk/"), "ana")
    tell(troubled, id=f"IN{next(_ids)}", body="Hi")
    accept(desk)
    write(desk, "to a landline")
    last = desk.locator(".text.ours").last
    expect(last.locator(".delivery")).to_have_text("not sent")
    expect(last).to_contain_text("The number is a landline.")
    expect(last).to_contain_text("This number cannot be texted.")
    expect(last.get_by_role("button", name="Write it again")).to_have_count(0)

    write(desk, "into trouble")
    expect(last).to_contain_text("The carrier had trouble.")
    last.get_by_role("button", name="Write it again").click()
    expect(desk.get_by_label("Your text to")).to_have_value("into trouble")


def test_a_delivery_becomes_unknown_while_the_page_is_open_and_known_when_it_is_reported(
    visit_troubled: Callable[..., Visitor], troubled: str
) -> None:
    desk = sit_down(visit_troubled().open("/desk/"), "ana")
    tell(troubled, id=f"IN{next(_ids)}", body="Hi")
    accept(desk)
    write(desk, "Are you there?")
    delivery = desk.locator(".text.ours .delivery")
    expect(delivery).to_have_text("sent")
    expect(delivery).to_have_text("delivery unknown")
    tell(troubled, delivered=2)
    expect(delivery).to_have_text("delivered")


def test_a_stopped_channel_is_told_at_once_to_its_reps_and_to_supervisors(
    visit_troubled: Callable[..., Visitor], troubled: str
) -> None:
    desk = sit_down(visit_troubled().open("/desk/"), "ana")
    overview = sit_down(visit_troubled().open("/desk/"), "sue")
    overview.get_by_role("link", name="Overview").click()
    expect(overview.locator("#channel-main")).to_contain_text("go")
    tell(troubled, id=f"IN{next(_ids)}", body="Hi")
    accept(desk)
    write(desk, "is it suspended?")

    expect(desk.locator("#stopped-main")).to_contain_text("Texts on main wait")
    expect(desk.locator(".text.ours .why")).to_contain_text("texts wait, the channel is stopped since")
    expect(overview.locator("#stopped-main")).to_contain_text("The account is suspended (code 20005)")
    expect(overview.locator("#channel-main")).to_contain_text("wait")
    tell(troubled, notice="The subscription was deleted.")
    expect(overview.locator("#channel-main")).to_contain_text("The subscription was deleted.")
