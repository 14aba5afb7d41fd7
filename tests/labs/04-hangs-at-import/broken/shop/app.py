"""A shop that never gets done with its import."""

from servicekit import create_app

app = create_app("shop")


def warm_up() -> None:
    """Wait for something that does not come."""
    while app.name:
        pass


warm_up()
