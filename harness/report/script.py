"""Where do all reports of a machine find the one copy of the plotting library's script?"""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from harness import paths
from harness.errors import OutageError


def address(page: Path) -> str:
    """The script's address, relative to the page's folder, so that the page opens without a server or network.

    The first report of a machine copies the script from the installed package.

    Raises:
        OSError: it cannot be copied.
        OutageError: the installed package has no script.
    """
    script = paths.runs_root() / ".assets" / f"plotly-{metadata.version('plotly')}.min.js"
    if not script.exists():
        _copy(_installed(), script)
    return quote(Path(os.path.relpath(script, page.parent.resolve())).as_posix())


def _installed() -> Path:
    """The script in the package, which is not imported for it: that takes a tenth of a second."""
    package = find_spec("plotly")
    places = (package.submodule_search_locations if package else None) or []
    found = [file for place in places if (file := Path(place, "package_data", "plotly.min.js")).is_file()]
    if not found:
        raise OutageError("The installed plotly has no plotly.min.js. Run `make` to install the packages again.")
    return found[0]


def _copy(source: Path, to: Path) -> None:
    """At once whole: another run may look for it meanwhile."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent) as folder:
        fresh = Path(folder, to.name)
        shutil.copyfile(source, fresh)
        fresh.replace(to)
