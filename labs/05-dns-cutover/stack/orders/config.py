"""What is an orders service told by the environment it runs in?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The stack sets the first two, and the last two: the same code runs in production and in staging."""

    environment: str = "production"
    """`production` or `staging`."""
    database: str = "orders-db.shop.internal"
    """The name by which this environment finds its orders database; the name server knows the address."""
    name_server: str = "dns"
    connections: int = 4
    """To PostgreSQL, for each worker."""
    role: str = "app"
    """The role that exists, with the same password, in every database of the shop."""
    password: str = "app"  # noqa: S105 - this one is known to everybody
    own_role: str = ""
    """The role that exists in this environment's databases alone."""
    own_password: str = ""
