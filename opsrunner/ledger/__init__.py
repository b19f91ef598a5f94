"""Ledgers (台账): what the inventory declares beside what a run observed."""
