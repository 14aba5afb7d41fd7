"""Is everything there that a verb needs, and if not, in which order and what side by side is it provided?"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from harness import paths
from harness.setup import debian, docker, images, places, venv
from harness.setup.board import Board
from harness.setup.shell import SetupError, UnavailableError, end_all, log


def wanted_images(name: str) -> list[str]:
    """The images of a lab (by slug, number or folder name), of all with `all`, of none for a name that is no lab."""
    if name == "all":
        return list(images.names())
    for folder in sorted(paths.labs_root().glob("[0-9][0-9]-*")):
        number, _, slug = folder.name.partition("-")
        if name in (slug, folder.name, number, str(int(number))):
            return images.needed(folder / "compose.yaml")
    return []


def ready(wanted: list[str], *, dev: bool, board: Board | None = None) -> None:
    """Provides what is missing; says and downloads nothing where nothing is."""
    places.require_mountable(*places.all_of_ours())
    if not _to_do(wanted, dev=dev):
        return
    board = board or Board()
    if not venv.is_ready(dev=dev):
        places.require_writable(venv.VENV)
    with _alone(board):
        to_do = _to_do(wanted, dev=dev)
        if "venv" in to_do:
            venv.provide_venv_module(board)
        with board.shown():
            _side_by_side([step for name, step in _steps(wanted, board, dev=dev) if name in to_do])


def _to_do(wanted: list[str], *, dev: bool) -> set[str]:
    found = set() if venv.is_ready(dev=dev) else {"venv"}
    if wanted and not _stacks_can_start(wanted):
        found.add("docker")
    return found


def _stacks_can_start(wanted: list[str]) -> bool:
    with ThreadPoolExecutor() as pool:
        compose = pool.submit(docker.has_compose)
        return not images.missing(wanted) and compose.result()


def _steps(wanted: list[str], board: Board, *, dev: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    yield "venv", lambda: venv.provide(board, dev=dev)
    yield "docker", lambda: _provide_docker(wanted, board)


def _provide_docker(wanted: list[str], board: Board) -> None:
    docker.provide_engine(board)
    lacking = images.missing(images.with_parents(wanted))
    compose = docker.has_compose()
    if "base" in lacking or not compose:
        _provide_base(board)
    rest = [name for name in lacking if name != "base"]
    steps = [] if compose else [lambda: _provide_compose(board)]
    _side_by_side([*steps, lambda: _build_in_layers(rest, board)])


def _provide_base(board: Board) -> None:
    if images.missing(["base"]):
        _build("base", board, {"DEBIAN": debian.provide(board)})


def _provide_compose(board: Board) -> None:
    with board.step("Compose v2: put Debian's plugin where docker finds it"):
        docker.provide_compose(images.tags()["base"])


def _build_in_layers(wanted: list[str], board: Board) -> None:
    """Builds side by side what does not stand on each other."""
    while wanted:
        layer = [name for name in wanted if not set(images.parents(name).values()) & set(wanted)]
        _side_by_side([_builder(name, board) for name in layer])
        wanted = [name for name in wanted if name not in layer]


def _builder(name: str, board: Board) -> Callable[[], None]:
    return lambda: _build(name, board)


def _build(name: str, board: Board, arguments: dict[str, str] | None = None) -> None:
    with board.step(f"image: build {name}"):
        images.build(name, log(f"image-{name}"), arguments)


def _side_by_side(steps: list[Callable[[], None]]) -> None:
    """Runs the steps at once; when all have ended, raises the first error."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        running: list[Future[None]] = [pool.submit(step) for step in steps]
        try:
            wait(running)
        except KeyboardInterrupt:
            end_all()
            raise
    for step in running:
        step.result()


@contextmanager
def _alone(board: Board) -> Iterator[None]:
    """Waits for another set-up of this folder to end: two at once would build the same things."""
    path = paths.runs_root() / ".setup" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            board.say("  another set-up of this folder is at work: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


__all__ = ["SetupError", "UnavailableError", "ready", "wanted_images"]
