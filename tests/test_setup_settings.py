"""Do a service's settings come from where they should, and is a wrong one named?"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import paths


@dataclass(frozen=True)
class Settings:
    """Settings of a toy service."""

    pool_size: int = 5
    wait_seconds: float = 1.0
    cached: bool = True
    region: str = "eu"


@pytest.fixture
def kit(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The kit's module of settings, as the services import it."""
    monkeypatch.syspath_prepend(str(paths.ROOT / "services" / "python"))
    return importlib.import_module("servicekit.settings")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The place of settings.toml."""
    return tmp_path / "settings.toml"


def test_without_a_file_the_defaults_hold(kit: Any, file: Path) -> None:
    """A service runs without any configuration."""
    assert kit.load_settings(file, Settings) == Settings()


def test_the_file_is_over_the_defaults_and_the_environment_over_both(
    kit: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest word wins."""
    file.write_text('pool_size = 7\nregion = "us"\nwait_seconds = 2\n')
    monkeypatch.setenv("POOL_SIZE", "9")
    monkeypatch.setenv("CACHED", "false")
    assert kit.load_settings(file, Settings) == Settings(pool_size=9, wait_seconds=2, cached=False, region="us")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pool = 3", "`pool` is no setting of this service; it knows pool_size, wait_seconds, cached, region"),
        ('pool_size = "many"', "`pool_size` must be a whole number, but is 'many'"),
        ("pool_size = true", "`pool_size` must be a whole number, but is True"),
        ("cached = 1", "`cached` must be true or false, but is 1"),
        ("pool_size =", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(kit: Any, file: Path, text: str, says: str) -> None:
    """Which file, which key, what was expected."""
    file.write_text(text)
    with pytest.raises(kit.SettingsError) as caught:
        kit.load_settings(file, Settings)
    assert str(caught.value).startswith(f"{file}: ")
    assert says in str(caught.value)


def test_a_wrong_variable_is_named(kit: Any, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is judged like the file."""
    monkeypatch.setenv("POOL_SIZE", "lots")
    with pytest.raises(kit.SettingsError, match="POOL_SIZE must be a whole number, but is 'lots'"):
        kit.load_settings(file, Settings)
