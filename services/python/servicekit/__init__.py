"""What do the labs' services have in common?"""

from servicekit.service import create_app
from servicekit.settings import SettingsError, load_settings

__all__ = ["SettingsError", "create_app", "load_settings"]
