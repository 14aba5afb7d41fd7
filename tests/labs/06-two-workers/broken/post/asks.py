"""Asks the other again and again."""

import socket
import time
from dataclasses import dataclass

from servicekit import load_settings


@dataclass(frozen=True)
class Settings:
    every_seconds: float = 0.05


seen = {"sees": False, "port": "", "times": 0}


def main() -> None:
    settings = load_settings(defaults=Settings)
    while True:
        try:
            with socket.create_connection(("answers", 9000), timeout=0.3) as connection:
                seen["port"] = connection.recv(9).decode()
            seen["sees"] = True
        except OSError:
            seen["sees"] = False
        seen["times"] += 1
        time.sleep(settings.every_seconds)


pages = {"/seen": lambda: seen, "/fails": lambda: 1 / 0}
