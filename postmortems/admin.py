"""Post-mortem records, read-only: they are written by their actions."""

from django.contrib import admin

from accounts.adminbase import ReadOnlyModelAdmin
from postmortems.models import PostMortem


@admin.register(PostMortem)
class PostMortemAdmin(ReadOnlyModelAdmin):
    list_display = ["incident", "state", "is_required", "owner", "due_at", "published_at"]
    list_filter = ["state", "is_required"]
    search_fields = ["incident__title", "=incident__number"]
    list_select_related = ["incident", "owner"]
