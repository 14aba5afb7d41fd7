"""The drill of N+1 queries: the incident, what it left behind, and the promises."""
