"""The drill of Queue lag: the incident, what it left behind, and the promises."""
