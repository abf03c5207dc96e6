"""Which days the calendar shows: a month, a week or a day around a date, and in whose time."""

import datetime as dt
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from common import zones
from oncall.calendar.days import DAY
from oncall.models import Schedule

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
WEEK = 7
VIEWS = [("month", "Month"), ("week", "Week"), ("day", "Day")]
WHO = [("all", "Everybody"), ("mine", "Mine")]
ZONES = [("local", "My time"), ("schedule", "Schedule’s time"), ("utc", "UTC")]
# Into how many parts each day is divided where its bars are placed: at most 248 columns, see oncall-grid.css.
PARTS = {"month": 8, "week": 24, "day": 96}


@dataclass(frozen=True, slots=True)
class Frame:
    """``count`` days from ``first`` on, each of ``per_day`` columns; ``zone`` None: each schedule in its own."""

    view: str
    at: date
    zone: ZoneInfo | None

    @property
    def first(self) -> date:
        if self.view == "month":
            return self.at.replace(day=1)
        return self.monday if self.view == "week" else self.at

    @property
    def monday(self) -> date:
        return self.at - timedelta(days=self.at.weekday())

    @property
    def count(self) -> int:
        if self.view == "month":
            return (_month_after(self.first) - self.first).days
        return WEEK if self.view == "week" else 1

    @property
    def last(self) -> date:
        return self.first + (self.count - 1) * DAY

    @property
    def per_day(self) -> int:
        return PARTS[self.view]

    @property
    def columns(self) -> int:
        return self.count * self.per_day

    @property
    def previous(self) -> date:
        if self.view == "month":
            return max(EARLIEST, (self.first - DAY).replace(day=1))
        return max(EARLIEST, self.at - self.count * DAY)

    @property
    def next(self) -> date:
        return min(LATEST, self.last + DAY if self.view == "month" else self.at + self.count * DAY)

    @property
    def title(self) -> str:
        """Return "March 2026", "23 – 29 Mar 2026" or "Wednesday 25 March 2026"."""
        first, last = self.first, self.last
        if self.view == "month":
            return f"{first:%B %Y}"
        if self.view == "day":
            return f"{first:%A} {first.day} {first:%B %Y}"
        start = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
        return f"{start} – {last.day} {last:%b %Y}"

    def zone_for(self, schedule: Schedule) -> ZoneInfo:
        return self.zone or zones.get(schedule.time_zone)


def _month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


class CalendarQuery(forms.Form):
    """What the calendar's address asks for. All of it may be missing; what is wrong has its sentence."""

    view = forms.ChoiceField(
        choices=VIEWS,
        required=False,
        error_messages={"invalid_choice": "Choose month, week or day."},
    )
    date = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Write a date like 2026-03-28."},
    )
    who = forms.ChoiceField(
        choices=WHO,
        required=False,
        error_messages={"invalid_choice": "Choose mine or all."},
    )
    schedule = forms.ModelChoiceField(
        Schedule.objects.order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label="All schedules",
        error_messages={"invalid_choice": "There is no such schedule."},
    )
    zone = forms.ChoiceField(
        choices=ZONES,
        required=False,
        error_messages={"invalid_choice": "Choose local, schedule or utc."},
    )

    def clean_date(self) -> dt.date | None:
        found: dt.date | None = self.cleaned_data["date"]
        if found is not None and not EARLIEST <= found <= LATEST:
            raise forms.ValidationError("Choose a date between the years 2000 and 2099.")
        return found

    def chosen(self, name: str, default: Any) -> Any:
        """Return what was asked for; the default where nothing was, or nothing that makes sense."""
        return (
            self.cleaned_data.get(name) if self.is_valid() or name not in self.errors else None
        ) or default

    def frame(self, today: dt.date, local: ZoneInfo) -> Frame:
        """Return the days to show; ``today`` and ``local`` are the viewer's."""
        kinds: dict[str, ZoneInfo | None] = {"local": local, "utc": ZoneInfo("UTC"), "schedule": None}
        return Frame(
            view=self.chosen("view", "month"),
            at=self.chosen("date", today),
            zone=kinds[self.chosen("zone", "local")],
        )

    @property
    def sentences(self) -> list[str]:
        return [str(error) for errors in self.errors.values() for error in errors]
