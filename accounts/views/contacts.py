"""Whom to call beyond the people here."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.access import emergency_contact_for, signed_in
from accounts.actor import Actor
from accounts.models import EmergencyContact


@login_required
@require_safe
def contacts(request: HttpRequest) -> HttpResponse:
    """Show the emergency contacts: internal ones first, then vendors (R58, R59)."""
    person = signed_in(request)
    context = {
        "contacts": EmergencyContact.objects.all(),
        "can_verify": person.can_respond,
        "is_admin": person.is_admin,
    }
    return render(request, "accounts/contacts.html", context)


@login_required
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a contact was tried and answers."""
    contact = emergency_contact_for(pk)
    actions.verify_contact(by=Actor.of(signed_in(request)), contact=contact)
    messages.success(request, f"Noted: {contact} answers.")
    return redirect("accounts:contacts")
