"""Compliance as code for mixed fleets: observe, judge, record, report."""
