"""Papers as files: one paper as data (``report/paper.py``), one writer per format (``as_*.py``)."""

from opsrunner.report.papers.writing import FORMATS, Desk, ready, write_papers

__all__ = ["FORMATS", "Desk", "ready", "write_papers"]
