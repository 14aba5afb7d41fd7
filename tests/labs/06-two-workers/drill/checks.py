"""The one promise of a toy."""

from harness import Recording


def test_letters_arrive(seen: Recording) -> str:
    """One sees the other again.

    Else nobody gets letters.
    """
    assert seen.after, "nothing was seen, wanted everything"
    return "letters arrived again"
