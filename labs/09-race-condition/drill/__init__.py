"""The drill of Race condition: the incident, what it left behind, and the promises."""
