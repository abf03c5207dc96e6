"""The processes that pages depend on: the clock, the queue, and what keeps both alive (reliability.md)."""
