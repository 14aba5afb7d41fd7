"""What do the labs' services have in common?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from servicekit.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from servicekit.service import create_app

__all__ = ["SettingsError", "create_app", "load_settings"]


def __getattr__(name: str) -> Any:
    """Flask is loaded by the services that are web applications, and not by the workers."""
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from servicekit.service import create_app  # noqa: PLC0415

    return create_app
