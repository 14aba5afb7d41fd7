"""The same as the console script `outage`."""

import os
import sys

if not sys.flags.isolated:  # as the console script: nothing of the caller's folder or environment is imported
    os.execv(sys.executable, [sys.executable, "-I", "-m", "harness", *sys.argv[1:]])  # noqa: S606

from harness.commands.cli import main

main()
