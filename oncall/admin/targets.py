"""Who fills a role of the escalation matrix."""

from django.contrib import admin

from accounts.adminbase import AuditedModelAdmin
from oncall.models import RoleTarget


@admin.register(RoleTarget)
class RoleTargetAdmin(AuditedModelAdmin):
    """Who fills a role. A team's own rows replace those for every team."""

    list_display = ["role", "for_team", "position", "filled_by"]
    list_filter = ["role", "team"]
    list_select_related = ["team", "user", "schedule", "whole_team"]
    search_fields = ["user__name", "schedule__name", "team__name"]

    @admin.display(description="For", ordering="team__name")
    def for_team(self, target: RoleTarget) -> str:
        return str(target.team or "every team without its own")

    @admin.display(description="Filled by")
    def filled_by(self, target: RoleTarget) -> str:
        return str(target.user or target.schedule or f"everybody in {target.whole_team}")
