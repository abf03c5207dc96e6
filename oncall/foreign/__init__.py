"""Calendars of others: fetched by the worker, read in a process of its own, kept as rows (R52)."""
