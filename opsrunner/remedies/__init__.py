"""Remedies by topic: (wanted value, a host's draft) -> changes on paper; pure, no host touched."""
