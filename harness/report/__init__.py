"""What does a run look like on one page that needs no network?"""

from harness.report.page import write

__all__ = ["write"]
