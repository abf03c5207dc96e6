"""The escalation engine: who is paged when, until somebody has it (reliability.md, R12).

``open``, ``restart``, ``upgrade``, ``downgrade``, ``pause``, ``resume`` and ``stop`` join the transaction of the action
that caused them; ``tick`` is what the pager's clocks call and makes a transaction per incident. All of it is rows: a
process may die anywhere, and any number of clocks may tick.
"""

from escalation.engine.course import downgrade, open, pause, restart, resume, stop, upgrade  # noqa: A004
from escalation.engine.ticking import tick

__all__ = ["downgrade", "open", "pause", "restart", "resume", "stop", "tick", "upgrade"]
