"""Failing rules -> remedies on hosts, planned, approved, undoable."""
