"""The drill of Cache stampede: the incident, what it left behind, and the promises."""
