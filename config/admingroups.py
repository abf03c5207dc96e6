"""How the settings are laid out: by what an admin comes for, not by the application that owns the table."""

from typing import Any

# Heading: names of models, in the order in which they are shown. What is named nowhere stands under "More".
GROUPS: dict[str, tuple[str, ...]] = {
    "People and teams": ("User", "Team", "BusinessCalendar", "EmergencyContact", "Qualification", "ApiKey"),
    "On call and escalation": ("Schedule", "Layer", "FixedSchedule", "Override", "Shadow", "ForeignCalendar",
                               "RoleTarget", "EscalationRule"),
    "What you run": ("Component", "AlertSource", "IncidentSettings"),
    "How you respond": (
        "SeverityDefinition",
        "Symptom",
        "RoleDefinition",
        "Phase",
        "PhaseStep",
        "GateDefinition",
        "TechnicalLevel",
    ),
    "What you tell": ("CadenceRule", "UpdateTemplate"),
    "Records, to read": ("Incident", "Event", "Escalation", "EscalationTimer", "Page", "AgendaItem", "Alert", "Update",
                         "Delivery", "PostMortem", "AuditEntry"),
}  # fmt: skip
MORE = "More"


def grouped(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return Django's list of applications with their models, sorted into ``GROUPS``; empty groups are left out."""
    models = {model["object_name"]: model for app in apps for model in app["models"]}
    listed = {name for names in GROUPS.values() for name in names}
    groups = {
        heading: [models[name] for name in names if name in models] for heading, names in GROUPS.items()
    }
    groups[MORE] = [model for name, model in models.items() if name not in listed]
    return [_section(heading, found) for heading, found in groups.items() if found]


def _section(heading: str, models: list[dict[str, Any]]) -> dict[str, Any]:
    label = heading.lower().replace(" ", "-").replace(",", "")
    return {
        "name": heading,
        "app_label": label,
        "app_url": f"#{label}",
        "has_module_perms": True,
        "models": models,
    }
