"""Drills: a scenario rehearsed against the clock, by machines, or by people at a table."""
