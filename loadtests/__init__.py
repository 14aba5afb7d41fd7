"""What do the labs' locustfiles share: customers who note what went wrong, and the drill's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadtests.customer import Customer, data, seed

__all__ = ["Customer", "data", "seed"]


def __getattr__(name: str) -> Any:
    """Locust is loaded where customers are, and not by the harness, which asks with the same client."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from loadtests import customer  # noqa: PLC0415

    return getattr(customer, name)
