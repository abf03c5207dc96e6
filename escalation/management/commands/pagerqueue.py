"""``manage.py pagerqueue``: a django-q2 cluster whose processes never outlive one another."""

from typing import Any

from django_q.management.commands.qcluster import Command as QCluster

from escalation.pager.processes import prepare_child


class Command(QCluster):  # type: ignore[misc]
    help = (
        "Work off the queue: django-q2's cluster, in which every process dies with the one that started it. "
        "Usually started by runpager or serve. Stop it by a signal to this process alone, not to its group."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        prepare_child(descendants=True)
        super().handle(*args, **options)
