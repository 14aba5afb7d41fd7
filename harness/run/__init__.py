"""How does one run go, from a fresh stack to raw facts on disk?"""
