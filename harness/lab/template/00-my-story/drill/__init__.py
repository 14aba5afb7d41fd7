"""The drill of My story: the incident, what it left behind, and the promises."""
