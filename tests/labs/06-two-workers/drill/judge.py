"""A toy has nothing to derive from its facts."""
