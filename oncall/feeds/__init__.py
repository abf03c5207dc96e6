"""Shifts as a calendar that other programs subscribe to (wire-formats.md, C7; R52)."""
