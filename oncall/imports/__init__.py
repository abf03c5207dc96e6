"""Schedules that people leave behind elsewhere: read from saved answers of other systems' APIs, then carried over."""
