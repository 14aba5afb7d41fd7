"""What has to be on a machine before a lab can run, and how does it get there with the standard library alone?"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  an older Python must get a sentence, not a syntax error
    sys.exit(
        f"Outage Lab needs Python 3.11 or newer, and {sys.executable} is {sys.version.split()[0]}.\n"
        "What next: install a newer one and name it, for example: make PYTHON=python3.13 doctor"
    )
