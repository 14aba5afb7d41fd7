"""Which settings does a service run with, and is each of the right kind?"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")

WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
SWITCHES = {"1": True, "true": True, "0": False, "false": False}


class SettingsError(ValueError):
    """A setting is unknown or of the wrong kind; the message names the file, the key and what was expected."""


def load_settings(path: str | Path = "/app/settings.toml", defaults: type[T] | None = None) -> T:
    """The dataclass `defaults`, with the values of the TOML file over it and those of the environment over both.

    A field `pool_size` is read from the key `pool_size` and the variable `POOL_SIZE`.
    A file that is not there sets nothing; SettingsError where a setting is unknown or of the wrong kind.
    """
    if defaults is None:
        raise TypeError("load_settings() needs `defaults`, a dataclass whose fields are the settings.")
    kinds = get_type_hints(defaults)
    names = [item.name for item in dataclasses.fields(defaults)]  # type: ignore[arg-type]
    values = {**_from_file(Path(path), names, kinds), **_from_environment(names, kinds)}
    return defaults(**values)


def _from_file(path: Path, names: list[str], kinds: dict[str, Any]) -> dict[str, Any]:
    values = _parse(path)
    for key, value in values.items():
        if key not in names:
            raise SettingsError(f"{path}: `{key}` is no setting of this service; it knows {', '.join(names)}.")
        if not _fits(value, kinds[key]):
            raise SettingsError(f"{path}: `{key}` must be {_words(kinds[key])}, but is {value!r}.")
    return values


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(f"{path}: not valid TOML: {problem}.") from None


def _from_environment(names: list[str], kinds: dict[str, Any]) -> dict[str, Any]:
    return {name: _read(name, os.environ[name.upper()], kinds[name]) for name in names if name.upper() in os.environ}


def _read(name: str, text: str, kind: Any) -> Any:
    try:
        return SWITCHES[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        raise SettingsError(f"environment: {name.upper()} must be {_words(kind)}, but is {text!r}.") from None


def _fits(value: Any, kind: Any) -> bool:
    if kind in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)


def _words(kind: Any) -> str:
    return WORDS.get(kind, str(kind))
