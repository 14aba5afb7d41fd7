"""Where does the Debian that all images stand on come from?"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time

from harness import environment
from harness.setup import images, system
from harness.setup.board import Board
from harness.setup.shell import Log, UnavailableError, ask, call, log

FIRST_ANSWER_SECONDS = 10
PULL_SECONDS = 600
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def published() -> str:
    """The name of the image at a registry, as the base's Dockerfile has it."""
    text = (images.SERVICES / "base" / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r"^ARG DEBIAN=(\S+)", text, re.MULTILINE)
    return found[1] if found else "debian:stable-slim"


def suite() -> str:
    """Debian's name of that release."""
    return published().split(":")[1].removesuffix("-slim")


def homemade() -> str:
    """The name of the image when it was made here."""
    return f"{images.PREFIX}/debian:{suite()}"


def here() -> str | None:
    """The Debian image that the engine has already."""
    return next((name for name in (published(), homemade()) if ask("docker", "image", "inspect", name).ok), None)


def provide(board: Board) -> str:
    """The Debian image: at hand, else pulled, else made with mmdebstrap."""
    if found := here():
        return found
    with board.step(f"base image: pull {published()}") as ends:
        if pull(published(), log("pull")):
            return published()
        ends.append("not reachable")
    _provide_mmdebstrap(board)
    with board.step(f"base image: make Debian {suite()} with mmdebstrap"):
        return make(log("mmdebstrap"))


def pull(name: str, into: Log) -> bool:
    """Whether the image could be pulled; gives up soon where no registry answers."""
    with into.path.open("wb") as file:
        process = subprocess.Popen(
            ["docker", "pull", name],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=environment.child(downloads=True),
        )
    timer = threading.Timer(PULL_SECONDS, process.kill)
    timer.start()
    try:
        return _first_answer(process, into) and process.wait() == 0
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def _first_answer(process: subprocess.Popen[bytes], into: Log) -> bool:
    until = time.monotonic() + FIRST_ANSWER_SECONDS
    while process.poll() is None and time.monotonic() < until:
        if "Pulling from" in into.path.read_text(encoding="utf-8", errors="replace"):
            return True
        time.sleep(0.05)
    return process.poll() == 0


def make(into: Log) -> str:
    """Makes the image from Debian's packages."""
    keyring = [f"--keyring={KEYRING}"]
    archive = into.path.with_suffix(".tar")
    command = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates", *keyring, suite(), str(archive)]
    try:
        call(command, into, seconds=900)
        labels = ["--change", f"LABEL {images.LABEL}=debian", "--change", 'CMD ["bash"]']
        call(["docker", "import", *labels, str(archive), homemade()], into)
    finally:
        archive.unlink(missing_ok=True)
    return homemade()


def _provide_mmdebstrap(board: Board) -> None:
    if shutil.which("mmdebstrap"):
        return
    if not system.can_install():
        raise UnavailableError(
            f"The image {published()} cannot be pulled, and mmdebstrap, which could make it, is not installed.\n"
            f"What next: see that `docker pull {published()}` works (proxy, network), or install mmdebstrap."
        )
    system.agreed("mmdebstrap", board)
    with board.step("base image: install mmdebstrap"):
        system.install(["mmdebstrap", "debian-archive-keyring"], log("mmdebstrap-install"))
