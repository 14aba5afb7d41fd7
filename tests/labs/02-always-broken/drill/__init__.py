"""A toy for the tests of the engine."""
