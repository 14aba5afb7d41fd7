"""What does the toy show of its facts?"""

from harness import Picture, Recording


def pictures(seen: Recording) -> list[Picture]:
    """The last answer."""
    return [Picture("Answers", "table", {"columns": ["status"], "rows": [[seen.answer]]})]
