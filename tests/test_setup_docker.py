"""What does the set-up do about Docker on machines that lack some or all of it?"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.setup import debian, docker, doctor, system
from harness.setup.board import Board
from harness.setup.shell import Log, SetupError, UnavailableError

SILENT = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
TOO_NEW = "Error response from daemon: client version 1.99 is too new. Maximum supported API version is 1.41"


class Machine:
    """A PATH of our own with programs that only pretend."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.store, self.up, self.said = (folder / name for name in ("bin", "store", "up", "said"))
        self.bin.mkdir(parents=True)
        for package in ("docker.io", "docker-cli"):
            (self.store / package).mkdir(parents=True)

    def program(self, name: str, script: str, *, package: str = "") -> None:
        """Puts a shell script there, or into a package that can be installed."""
        path = (self.store / package if package else self.bin) / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.said}\n{script}\n')
        path.chmod(0o755)

    def docker(self, *, package: str = "", silent: str = SILENT, version: str = "20.10.24") -> None:
        """A client, whose engine answers once `up` exists."""
        answer = f"if [ -e {self.up} ]; then echo {version}; else echo '{silent}'; exit 1; fi"
        self.program(
            "docker", f'case "$*" in version*) {answer};; "context inspect"*) echo default;; esac', package=package
        )

    def dockerd(self, *, package: str = "") -> None:
        """A daemon, which makes the engine answer."""
        self.program("dockerd", f": > {self.up}", package=package)

    def apt(self) -> None:
        """A package manager, whose last word is the package to install."""
        take = f"for last; do :; done; /bin/ln -sf {self.store}/$last/* {self.bin}/"
        self.program("apt-get", f'case "$*" in *install*) {take};; esac')

    def calls(self) -> list[str]:
        """What was called, without the many questions to docker."""
        lines = self.said.read_text().splitlines() if self.said.exists() else []
        return [line for line in lines if not line.startswith("docker ")]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A Debian without Docker, as root, without an init system, nobody at the terminal."""
    made = Machine(tmp_path / "machine")
    monkeypatch.setenv("PATH", str(made.bin))
    for name in docker.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(docker, "DAEMON_LOG", tmp_path / "dockerd.log")
    monkeypatch.setattr(docker, "_service_commands", lambda: iter(()))
    monkeypatch.setattr(system, "is_root", lambda: True)
    monkeypatch.setattr(system, "is_linux", lambda: True)
    monkeypatch.setattr(system, "_is_debian", lambda: True)
    monkeypatch.setattr(system, "at_terminal", lambda: False)
    return made


def test_on_a_bare_debian_docker_is_installed_and_started(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    """One install of docker.io, then the daemon, and each said on screen."""
    machine.docker(package="docker.io")
    machine.dockerd(package="docker.io")
    machine.apt()
    docker.provide_engine(Board())
    assert docker.look().state == "ready"
    verbs = [" ".join(word for word in line.split() if not word.startswith(("-", "DPkg"))) for line in machine.calls()]
    assert verbs == ["apt-get update", "apt-get install docker.io", "dockerd"]
    assert "docker.io" in (shown := capsys.readouterr().out)
    assert "start it" in shown


def test_where_the_package_has_no_client_it_is_installed_too(machine: Machine) -> None:
    """From trixie on the client is a package of its own."""
    machine.dockerd(package="docker.io")
    machine.docker(package="docker-cli")
    machine.apt()
    docker.provide_engine(Board())
    assert docker.look().state == "ready"


def test_a_client_without_an_engine_gets_one(machine: Machine) -> None:
    """A docker command that came from elsewhere is kept; the engine is installed beside it."""
    machine.docker()
    machine.dockerd(package="docker.io")
    machine.apt()
    docker.provide_engine(Board())
    assert docker.look().state == "ready"


def test_an_installed_daemon_is_started_and_nothing_installed(machine: Machine) -> None:
    """After a reboot of a machine without an init system."""
    machine.docker()
    machine.dockerd()
    machine.apt()
    docker.provide_engine(Board())
    assert [line.split()[0] for line in machine.calls()] == ["dockerd"]


def test_a_machine_that_has_docker_is_left_alone(machine: Machine) -> None:
    """No package, no daemon, no word."""
    machine.docker()
    machine.up.touch()
    machine.apt()
    docker.provide_engine(Board())
    assert machine.calls() == []


def test_without_root_and_without_docker_there_is_one_message(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what is missing and what to do next, and nothing was tried."""
    machine.apt()
    monkeypatch.setattr(system, "is_root", lambda: False)
    with pytest.raises(UnavailableError, match="There is no Docker") as caught:
        docker.provide_engine(Board())
    assert "What next: install Docker Engine 20.10" in str(caught.value)
    assert machine.calls() == []


def test_elsewhere_than_debian_nothing_is_installed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root alone is not enough: the set-up knows one package manager."""
    monkeypatch.setattr(system, "_is_debian", lambda: False)
    machine.apt()
    with pytest.raises(UnavailableError, match="There is no Docker"):
        docker.provide_engine(Board())
    assert machine.calls() == []


def test_a_no_at_the_terminal_leaves_the_machine_alone(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked and says no is told what to do by hand."""
    machine.apt()
    monkeypatch.setattr(system, "at_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    with pytest.raises(UnavailableError, match="was not installed"):
        docker.provide_engine(Board())
    assert machine.calls() == []


@pytest.mark.parametrize(
    ("silent", "remedy"),
    [("permission denied while trying", "usermod -aG docker"), (SILENT, "systemctl start")],
)
def test_a_user_without_root_is_told_what_helps_in_this_case(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, silent: str, remedy: str
) -> None:
    """Not being allowed and not being started are different things."""
    machine.docker(silent=silent)
    monkeypatch.setattr(system, "is_root", lambda: False)
    with pytest.raises(UnavailableError, match=remedy):
        docker.provide_engine(Board())


@pytest.mark.parametrize(
    ("name", "value", "silent"),
    [
        ("DOCKER_HOST", "tcp://127.0.0.1:1", SILENT),
        ("DOCKER_CONTEXT", "nowhere", "Failed to initialize: unable to resolve docker endpoint"),
        ("DOCKER_TLS_VERIFY", "1", "unable to resolve docker endpoint: open ca.pem: no such file or directory"),
        ("DOCKER_API_VERSION", "1.99", TOO_NEW),
        ("DOCKER_API_VERSION", "abc", "Error response from daemon: page not found"),
    ],
)
def test_an_engine_that_a_variable_hides_is_not_replaced(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str, value: str, silent: str
) -> None:
    """No second engine is installed or started: the message names the variable and how to be rid of it."""
    machine.docker(silent=silent)
    machine.dockerd()
    machine.apt()
    monkeypatch.setenv(name, value)
    with pytest.raises(UnavailableError, match=f"{name}={value}") as caught:
        docker.provide_engine(Board())
    assert f"unset {name}" in str(caught.value)
    assert machine.calls() == []


def test_an_engine_that_a_context_hides_is_not_replaced(machine: Machine) -> None:
    """A context of the user's choice is named, with the command that leaves it."""
    script = f"case \"$*\" in version*) echo '{SILENT}'; exit 1;; *inspect*) echo colima;; esac"
    machine.program("docker", script)
    machine.dockerd()
    with pytest.raises(UnavailableError, match="context 'colima' does not answer") as caught:
        docker.provide_engine(Board())
    assert "docker context use default" in str(caught.value)
    assert machine.calls() == []


def test_where_nobody_knows_why_docker_is_silent_nothing_is_done_and_nothing_advised(machine: Machine) -> None:
    """Its own words are shown, no engine is started on a guess, and no advice is made up."""
    machine.docker(silent="something that nobody has ever seen")
    machine.dockerd()
    with pytest.raises(UnavailableError, match="something that nobody has ever seen") as caught:
        docker.provide_engine(Board())
    assert "What next" not in str(caught.value)
    assert machine.calls() == []


def test_podman_is_not_taken_for_an_old_docker(machine: Machine) -> None:
    """It is named, and what is needed too."""
    machine.program(
        "docker", "echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.'; echo 4.3.1"
    )
    with pytest.raises(UnavailableError, match="Podman"):
        docker.provide_engine(Board())


def test_the_doctor_names_the_variable_that_hides_the_engine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """DOCKER_API_VERSION=1.99 is a finding of its own, with what helps."""
    machine.docker(silent=TOO_NEW)
    monkeypatch.setenv("DOCKER_API_VERSION", "1.99")
    found = {finding.name: finding for finding in doctor._docker()}
    assert (found["Docker's variables"].ok, found["Docker's variables"].seen) == (False, "DOCKER_API_VERSION=1.99")
    assert "unset DOCKER_API_VERSION" in found["Docker's variables"].remedy
    assert doctor.exit_code(list(found.values())) == 2


def test_an_engine_older_than_20_10_is_refused(machine: Machine) -> None:
    """It is named as too old, and not touched."""
    machine.docker(version="19.03.1")
    machine.up.touch()
    with pytest.raises(UnavailableError, match=r"older than 20\.10"):
        docker.provide_engine(Board())


def test_a_failed_install_shows_its_last_lines(machine: Machine) -> None:
    """What apt-get complained of is on the screen, not only in a file."""
    machine.program("apt-get", "echo 'E: Unable to locate package'; exit 100")
    with pytest.raises(SetupError, match="Unable to locate package"):
        docker.provide_engine(Board())


def test_a_daemon_that_does_not_come_up_shows_its_log(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last lines of dockerd say why."""
    machine.docker()
    machine.program("dockerd", "echo 'failed to mount cgroup'; exit 1")
    monkeypatch.setattr(docker, "START_SECONDS", 0.5)
    with pytest.raises(SetupError, match="failed to mount cgroup"):
        docker.provide_engine(Board())


@pytest.mark.parametrize(("says", "enough"), [("2.26.1-4", True), ("v5.0.0", True), ("1.29.2", False), ("", False)])
def test_only_compose_2_or_later_counts(machine: Machine, says: str, enough: bool) -> None:
    """Compose v1 reads other files than ours."""
    machine.program("docker", f'echo "{says}"')
    assert docker.has_compose() is enough


def test_a_registry_that_cannot_be_reached_is_given_up_at_once(machine: Machine, tmp_path: Path) -> None:
    """A refusal is an answer."""
    machine.program("docker", "echo 'no such host'; exit 1")
    assert debian.pull("debian:trixie-slim", Log(tmp_path / "log")) is False


def test_a_registry_that_never_answers_is_given_up_soon(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the first line of a pull after some seconds there is none to wait for."""
    monkeypatch.setattr(debian, "FIRST_ANSWER_SECONDS", 0.2)
    machine.program("docker", "exec /bin/sleep 60")
    assert debian.pull("debian:trixie-slim", Log(tmp_path / "log")) is False


def test_a_pull_that_began_is_waited_for(machine: Machine, tmp_path: Path) -> None:
    """A slow line is no reason to give up."""
    machine.program("docker", "echo 'trixie-slim: Pulling from library/debian'")
    assert debian.pull("debian:trixie-slim", Log(tmp_path / "log")) is True


def test_without_a_source_for_the_base_image_there_is_one_message(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No registry, no mmdebstrap, no root: it says both ways out."""
    machine.program("docker", "exit 1")
    monkeypatch.setattr(system, "is_root", lambda: False)
    with pytest.raises(UnavailableError, match=r"docker pull debian:trixie-slim.*or install mmdebstrap"):
        debian.provide(Board())
