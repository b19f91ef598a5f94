"""Formats that several topics read: pure functions of text."""
