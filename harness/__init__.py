"""The engine of Outage Lab: finds labs, runs their drills on real stacks, and judges what was recorded."""

__version__ = "0.1.0"
