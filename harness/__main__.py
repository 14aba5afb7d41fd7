"""The same as the console script `outage`."""

from harness.cli import main

main()
