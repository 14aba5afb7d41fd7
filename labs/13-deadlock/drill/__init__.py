"""The drill of Deadlock: the incident, what it left behind, and the promises."""
