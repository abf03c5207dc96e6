"""The list of incidents: search, filters, sorting, pages. Its time does not grow with what lies in the past."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incidents import queries
from incidents.forms import FilterForm
from incidents.views.base import page, viewer


@page
def index(request: HttpRequest) -> HttpResponse:
    """Show a page of the incidents that fit the filters."""
    form = FilterForm(request.GET)
    is_valid = form.is_valid()
    found = queries.search(viewer(request), form.filters(), page=_page_number(request))
    active = {name: value for name, value in form.filters().items() if name != "sort"}
    context = {"form": form, "found": found, "active": active, "previous_page": found.number - 1,
               "next_page": found.number + 1}  # fmt: skip
    return render(request, "incidents/list.html", context, status=200 if is_valid else 400)


def _page_number(request: HttpRequest) -> int:
    given = request.GET.get("page", "")
    return int(given) if given.isdecimal() and len(given) < 6 else 1
