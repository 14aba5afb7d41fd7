"""The drill of Expired certificate: the incident, what it left behind, and the promises."""
