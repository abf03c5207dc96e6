"""The page "Who will be woken?": any severity, team and instant, past or future."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from escalation.models import EscalationRule
from incidents.models import Component
from oncall.models import ForeignCalendar, ForeignShift, Layer, Override, RoleTarget, Schedule
from tests import builders
from tests.builders import NOON
from tests.escalation.story import Story

WOKEN = "/on-call/woken/"


@pytest.fixture
def browser(story: Story) -> Client:
    """Dave may look; he is in London."""
    dave = builders.dave(time_zone="Europe/London")
    client = Client()
    client.force_login(dave)
    return client


def shown(browser: Client, query: str = "", status: int = 200) -> str:
    response = browser.get(f"{WOKEN}?{query}")
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def test_it_says_who_when_why_how_and_what_would_stop_it(story: Story, browser: Client) -> None:
    builders.mail_method(story.bob, "bob@work.example")
    builders.mail_method(story.bob, "bob@home.example", position=1, delay_minutes=3)
    page = shown(browser, "severity=1&team=platform")
    for words in (
        "declared Wed 25 Mar 2026",
        "12:00 GMT",
        "at once",
        "Immediate by the matrix",
        "Bob",
        "Platform rota, layer Primary",
        "Allclear, mail at 12:00, mail at 12:03 (after 3 min)",
        "Again every 5 min until somebody answers",
        "T+5 min",
        "Not if somebody before them answers, or it is mitigated or resolved.",
        "T+15 min",
        "Not if one of them has it by then, or it is mitigated or resolved.",
        "“I have it” ends the asking in that role.",
    ):
        assert words in page
    assert 'data-state="gap"' not in page


def test_another_zone_shows_its_own_times(story: Story, browser: Client) -> None:
    page = shown(browser, "severity=1&at=2026-03-25T21:00&zone=Asia/Tokyo")
    assert "21:00 JST" in page
    assert "12:00 UTC" in page


def test_it_is_reached_from_the_calendar_and_from_the_form_that_declares(
    story: Story, browser: Client
) -> None:
    assert f'href="{WOKEN}"' in browser.get("/on-call/").content.decode()
    api = Component.objects.create(name="API", slug="api", team=story.team)
    fragment = browser.get(
        f"/escalation/preview/?severity=2&components={api.pk}&title=x", headers={"HX-Request": "true"}
    ).content.decode()
    assert f'href="{WOKEN}?severity=2&amp;components={api.pk}"' in fragment
    assert 'value="api" id="id_components_0" checked' in shown(browser, f"severity=2&components={api.pk}")


def test_a_component_chooses_its_team(story: Story, browser: Client) -> None:
    data = builders.team("Data")
    builders.fills("on_call", story.carol, data)
    Component.objects.create(name="Warehouse", slug="warehouse", team=data)
    page = shown(browser, "severity=1&components=warehouse")
    assert "On-call Engineer of Data" in page


# ---- where it comes from ----


def test_an_override_and_a_calendar_that_is_followed_are_named(story: Story, browser: Client) -> None:
    Override.objects.create(
        schedule=Schedule.objects.get(), user=story.carol, reason="dentist",
        starts_at=datetime(2026, 3, 25, tzinfo=UTC), ends_at=datetime(2026, 3, 26, tzinfo=UTC),
    )  # fmt: skip
    assert "Override</span>Platform rota, override: dentist, until Thu 00:00 GMT" in shown(
        browser, "severity=1"
    )
    feed = ForeignCalendar.objects.create(
        name="Ops", purpose="shifts", url="https://example.org/ops.ics", due_at=NOON
    )
    friday = datetime(2026, 3, 27, tzinfo=UTC)
    ForeignShift.objects.create(
        calendar=feed, user=story.lee, starts_at=friday, ends_at=friday + timedelta(days=1)
    )
    Layer.objects.update(mode="calendar", feed=feed)
    assert "Another calendar</span>Platform rota, layer Primary" in shown(
        browser, "severity=1&at=2026-03-27T12:00"
    )


def test_the_past_shows_overrides_as_they_were_by_the_rules_as_they_are_now(
    story: Story, browser: Client
) -> None:
    Override.objects.create(
        schedule=Schedule.objects.get(), user=story.carol, reason="holiday",
        starts_at=datetime(2026, 2, 1, tzinfo=UTC), ends_at=datetime(2026, 2, 8, tzinfo=UTC),
    )  # fmt: skip
    page = shown(browser, "severity=1&at=2026-02-03T03:00")
    assert "override: holiday" in page
    assert "This is in the past" in page
    assert "by the rules as they are now" in page
    assert "This is in the past" not in shown(browser, "severity=1&at=2026-03-25T12:00")


# ---- nobody ----


def test_a_gap_is_red_and_says_who_is_asked_instead(story: Story, browser: Client) -> None:
    User.objects.filter(pk=story.lee.pk).update(is_active=False)
    page = shown(browser, "severity=1")
    assert page.count('data-state="gap"') == 1
    assert "Nobody: the next one is asked at once. Lee can no longer sign in." in page
    assert "1 gap" in page
    assert "At once: nobody could be asked as Team Lead." in page


def test_when_nobody_would_be_paged_it_says_so_in_red(story: Story, browser: Client) -> None:
    RoleTarget.objects.all().delete()
    Schedule.objects.all().delete()
    page = shown(browser, "severity=1")
    assert "banner-danger" in page
    assert "Nobody would be paged: no role has anybody who can be." in page


def test_a_severity_that_is_only_discussed_says_plainly_that_nobody_is_paged(
    story: Story, browser: Client
) -> None:
    EscalationRule.objects.filter(severity=4).update(timing="weekly_review", action="agenda")
    page = shown(browser, "severity=4")
    assert "Nobody is paged: SEV-4 only goes on the agenda of a review." in page
    assert "banner-danger" not in page
    assert page.count('data-state="agenda"') == 4


def test_a_severity_of_which_people_are_only_told_says_that_nobody_is_asked(
    story: Story, browser: Client
) -> None:
    EscalationRule.objects.filter(severity=4).update(action="notice", timing="next_day")
    page = shown(browser, "severity=4")
    assert "Nobody is paged: people are only told, and nobody is asked for an answer." in page
    assert "Told only: no answer is asked, and nobody is asked again." in page


# ---- conditions ----


def test_business_hours_are_named_and_the_night_is_left_out(story: Story, browser: Client) -> None:
    page = shown(browser, "severity=3&at=2026-03-28T03:00")
    assert "Monday 30 March 2026" in page
    assert "T+2 d 5 h" in page
    assert "Business hours and days are those of “London office” (Europe/London)." in page
    assert "Outside them nobody is asked again." in page
    assert "every 30 business minutes" in page


def test_a_drill_says_that_only_its_participants_are_paged(story: Story, browser: Client) -> None:
    assert "In a drill only its participants are paged" in shown(browser, "severity=1&is_drill=on")


def test_a_whole_team_is_folded(story: Story, browser: Client) -> None:
    story.team.members.set([builders.person(f"Person {number}") for number in range(10)])
    assert "4 more people" in shown(browser, "severity=1")


def test_a_team_without_any_rule_is_told_that_the_on_call_engineer_is_asked_anyway(
    story: Story, browser: Client
) -> None:
    EscalationRule.objects.all().delete()
    assert "The matrix has no rule for SEV-1: the on-call engineer is asked anyway." in shown(
        browser, "severity=1"
    )


# ---- the instant ----


def test_without_a_question_it_asks_for_a_severity(story: Story, browser: Client) -> None:
    page = shown(browser)
    assert "Choose a severity" in page
    assert 'value="Europe/London"' in page


@pytest.mark.parametrize(
    ("pick", "at"),
    [
        ("now", None),
        ("night", "2026-03-26T03:00"),
        ("saturday", "2026-03-28T12:00"),
        ("christmas", "2026-12-25T12:00"),
    ],
)
def test_a_pick_leads_to_an_address_that_says_the_same_tomorrow(
    story: Story, browser: Client, pick: str, at: str | None
) -> None:
    query = f"severity=2&team=platform&zone=America/New_York&at=2030-01-01T00:00&pick={pick}"
    response = browser.get(f"{WOKEN}?{query}")
    assert response.status_code == 302
    there = parse_qs(urlsplit(response["Location"]).query)
    assert there.get("at") == ([at] if at else None)
    assert (there["severity"], there["team"], there["zone"]) == (["2"], ["platform"], ["America/New_York"])
    assert "pick" not in there
    assert browser.get(response["Location"]).status_code == 200


def test_an_hour_that_is_skipped_becomes_the_first_instant_after_and_says_so(
    story: Story, browser: Client
) -> None:
    page = shown(browser, "severity=1&at=2026-03-29T01:30")
    assert "01:30 does not exist on Sun 29 Mar 2026 in Europe/London" in page
    assert "02:00 BST · 01:00 UTC" in page


def test_an_hour_that_comes_twice_is_the_first_with_a_link_to_the_second(
    story: Story, browser: Client
) -> None:
    page = shown(browser, "severity=1&team=platform&at=2026-10-25T01:30")
    assert "01:30 BST · 00:30 UTC" in page
    link = page.split("This is the first, 01:30 BST.")[1].split('href="')[1].split('"')[0]
    second = browser.get(WOKEN + link.replace("&amp;", "&")).content.decode()
    assert "01:30 GMT" in second
    assert "comes twice" not in second


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("severity=7", "severity", "Choose a severity from 1 (worst) to 4."),
        ("severity=1&team=nonsense", "team", "There is no such team."),
        ("severity=1&team=%00", "team", ""),
        ("severity=1&components=nonsense", "components", "There is no component “nonsense”."),
        ("severity=1&components=a%00b", "components", "There is no component"),
        ("severity=1&zone=Mars/Crater", "zone", "There is no time zone “Mars/Crater”."),
        ("severity=1&zone=../../etc/passwd", "zone", "There is no time zone"),
        ("severity=1&zone=" + "x" * 100, "zone", "There is no such time zone."),
        ("severity=1&at=tomorrow", "at", "Write a date and a time like 2026-03-28T03:00"),
        ("severity=1&at=9999-12-31T23:59", "at", "Choose a time between the years 2000 and 2100."),
        ("severity=1&at=0001-01-01T00:00", "at", "Choose a time between the years 2000 and 2100."),
        ("severity=1&at=" + "9" * 200, "at", "Write a date and a time like"),
        ("severity=1&pick=yesterday", "pick", "Pick one of now, night, saturday, christmas."),
    ],
)
def test_bad_input_has_a_sentence_beside_its_field(
    story: Story, browser: Client, query: str, field: str, sentence: str
) -> None:
    page = shown(browser, query, status=400)
    beside = page.split(f'id="id_{field}_error"')
    assert len(beside) == 2
    assert sentence in beside[1].split("</ul>")[0]
    assert "declared" not in page


def test_a_page_costs_the_same_for_few_and_for_many(story: Story, browser: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(browser, "severity=1&team=platform")
        return len(queries)

    shown(browser, "severity=1")
    few = cost()
    story.team.members.set([builders.person(f"Person {number}") for number in range(20)])
    for position in range(3, 20):
        builders.fills("on_call", User.objects.get(name=f"Person {position}"), story.team, position)
    assert cost() == few
