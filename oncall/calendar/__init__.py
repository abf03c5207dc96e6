"""The calendar of on-call: which days it shows, what stands in them, and what a change would do."""
