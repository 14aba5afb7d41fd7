"""The drill of The failover that did not fail over: the incident, what it left behind, and the promises."""
