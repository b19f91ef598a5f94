"""Reports: one finished summary (``document.py``), one writer per format (``as_*.py``)."""

from opsrunner.report.writers import find_writers, formats, write_reports

__all__ = ["find_writers", "formats", "write_reports"]
