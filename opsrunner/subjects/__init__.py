"""Inventory and registers -> what can be judged or acted on."""
