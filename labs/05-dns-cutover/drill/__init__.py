"""The drill of DNS cutover: the incident, what it left behind, and the promises."""
