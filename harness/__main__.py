"""The same as the console script `outage`."""

from harness.commands.cli import main

main()
