"""What do the labs' locustfiles share: customers who note what went wrong, and the drill's data."""

from loadtests.customer import Customer, data, seed

__all__ = ["Customer", "data", "seed"]
