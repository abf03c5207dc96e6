"""The project's own configuration, and the admin with our rules."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ProjectConfig(AppConfig):
    name = "config"
    default = True

    def ready(self) -> None:
        from config import checks  # noqa: F401 - registers the system checks


class SettingsAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "config.adminsite.SettingsSite"
