"""Backups: what a verification says, and the ledger of what was proven when."""
