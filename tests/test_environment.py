"""Does nothing of the caller's environment reach what decides, builds or runs?"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from toys import copy, outage

from harness import environment, paths
from harness.errors import DockerError
from harness.judge import recording
from harness.run import engine
from harness.setup import index, shell, venv

STRANGE = {
    "PYTEST_ADDOPTS": "-k price --setup-plan",
    "PYTEST_PLUGINS": "no_such_plugin",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONIOENCODING": "latin-1",
    "PYTHONHASHSEED": "0",
    "PYTHONSTARTUP": "/no/such/file",
    "VIRTUAL_ENV": "/no/such/environment",
    "PIP_TARGET": "/no/such/folder",
    "COMPOSE_FILE": "/no/such/file.yaml",
    "COMPOSE_PROFILES": "nothing",
    "COMPOSE_PROJECT_NAME": "somebody-elses",
    "COMPOSE_DOCKER_CLI_BUILD": "0",
    "DOCKER_DEFAULT_PLATFORM": "linux/arm64",
    "DOCKER_CONTENT_TRUST": "1",
    "LOCUST_USERS": "1",
    "LOCUST_HEADLESS": "true",
    "LOCUST_LOCUSTFILE": "/no/such/file.py",
    "GEVENT_RESOLVER": "dnspython",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "PGOPTIONS": "-c statement_timeout=1",
    "PGHOSTADDR": "127.0.0.2",
    "PGCLIENTENCODING": "LATIN1",
    "OUTAGE_SEED": "1",
    "OUTAGE_SECRET": "known",
    "OUTAGE_RELOAD": "1",
    "GIT_DIR": "/no/such/repository",
    "MAKEFLAGS": "n",
}
"""Variables that somebody may have set for something else, each with a value that would do harm."""


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A caller with all of these, with a configuration of Docker that names a proxy, and with modules in the way."""
    for name, value in STRANGE.items():
        monkeypatch.setenv(name, value)
    docker = tmp_path / "docker"
    docker.mkdir()
    proxy = {"httpProxy": "http://127.0.0.1:3128", "httpsProxy": "http://127.0.0.1:3128"}
    (docker / "config.json").write_text(json.dumps({"proxies": {"default": proxy}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(docker))
    folder = tmp_path / "in the way"
    folder.mkdir()
    for name in ("random", "click", "redis", "json", "docker", "locust", "socks", "hiredis", "checks", "judge"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name}.py of a stranger runs')\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.chdir(folder)
    return folder


def test_a_child_gets_what_is_allowed_and_nothing_else(strange: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where programs and the engine are, where our folders are, one language; no variable that steers a tool."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///somewhere")
    seen = environment.child({"OUTAGE_RUN": "mine"})

    assert (set(STRANGE) | {"PYTHONPATH"}) & set(seen) == set()
    assert (seen["PATH"], seen["DOCKER_HOST"], seen["OUTAGE_RUN"]) == (os.environ["PATH"], "unix:///somewhere", "mine")
    assert (seen["OUTAGE_RUNS"], seen["LC_ALL"], seen["NETRC"]) == (os.environ["OUTAGE_RUNS"], "C.UTF-8", os.devnull)


def test_no_prefix_of_a_tool_is_allowed() -> None:
    """PYTEST_*, PYTHON*, COMPOSE_*, LOCUST_*, PIP_*, PG*, GIT_*, MAKE*: a child has none, whatever comes to be set."""
    allowed = (*environment.MACHINE, *environment.TERMINAL, *environment.DOCKER, *environment.OURS)
    prefixes = ("PYTEST", "PYTHON", "COMPOSE", "LOCUST", "PIP_", "UV_", "PG", "GIT", "MAKE", "VIRTUAL_ENV", "GEVENT")
    assert [name for name in (*allowed, *environment.DOWNLOADS) if name.upper().startswith(prefixes)] == []
    assert [name for name in allowed if "PROXY" in name.upper()] == []


def test_proxies_are_for_downloads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The set-up reaches packages through the caller's proxy; a run has none."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert environment.child(downloads=True)["HTTPS_PROXY"] == "http://proxy:3128"
    assert "HTTPS_PROXY" not in environment.child()


def test_the_process_itself_is_a_child_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries in the harness read variables as well; the console script gives them up first."""
    kept = dict(os.environ)
    try:
        os.environ.update(STRANGE)
        environment.adopt()
        assert set(STRANGE) & set(os.environ) == set()
        assert os.environ["PATH"] == kept["PATH"]
    finally:
        os.environ.clear()
        os.environ.update(kept)


PROGRAM = "import sys; import harness, loadtests; print([path for path in sys.path if 'site-packages' not in path])"


def test_the_checkout_is_no_place_to_import_from() -> None:
    """The environment knows the project's packages by name: a redis.py beside the Makefile is nobody's redis."""
    done = subprocess.run([sys.executable, "-I", "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert str(paths.ROOT) not in done.stdout


def test_modules_in_the_current_folder_are_not_run(strange: Path) -> None:
    """A random.py, click.py or checks.py where the command is called, or on PYTHONPATH, stays what it is: a file."""
    script = Path(sys.executable).with_name("outage")
    for command in ([str(script)], [sys.executable, "-I", "-m", "harness"]):
        done = subprocess.run([*command, "list"], cwd=strange, capture_output=True, check=False, encoding="utf-8")
        assert (done.returncode, "stranger" in done.stdout + done.stderr) == (0, False), done
        assert "always-fixed" in done.stdout


@pytest.mark.parametrize(
    "variables", [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX"}]
)
def test_a_terminal_that_lacks_signs_gets_others(variables: dict[str, str]) -> None:
    """What is said does not hang on the terminal's encoding."""
    script = Path(sys.executable).with_name("outage")
    done = subprocess.run([script, "list"], env=os.environ | variables, capture_output=True, check=False)
    assert (done.returncode, b"always-fixed" in done.stdout, done.stderr) == (0, True, b"")


@pytest.mark.docker
@pytest.mark.usefixtures("strange", "stacks")
def test_the_same_verdicts_whatever_the_caller_has_set() -> None:
    """All of it at once, on a run that is to be FIXED and on one that is to be BROKEN."""
    broken, fixed = outage("check", "always-broken", "--json"), outage("check", "always-fixed", "--json")

    assert (fixed.code, fixed.json["verdict"], fixed.json["reasons"]) == (0, "FIXED", [])
    assert (broken.code, broken.json["verdict"]) == (1, "BROKEN")
    assert [check["name"] for check in broken.json["checks"]] == [check["name"] for check in fixed.json["checks"]]
    seen = recording_of(fixed.json["folder"])
    assert seen.phase("normal").errors == 0


def recording_of(folder: str) -> recording.Recording:
    """The recording of a run."""
    return recording.Recording(json.loads((Path(folder) / "recording.json").read_text(encoding="utf-8")))


@pytest.mark.docker
@pytest.mark.usefixtures("stacks")
def test_odd_places_are_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labs, runs and the student's files below `[sre] lä bs` with quotes and a dollar sign: the same verdict."""
    odd = tmp_path / "[sre] lä bs, $HOME 'q' #1 %s {x}"
    copy("01-always-fixed", odd / "labs")
    for name in ("LABS", "RUNS", "WORK"):
        monkeypatch.setenv(f"OUTAGE_{name}", str(odd / name.lower()))
    said = outage("check", "always-fixed", "--json")
    assert (said.code, said.json["verdict"], said.json["reasons"]) == (0, "FIXED", [])


def test_a_folder_that_cannot_be_mounted_is_one_message(tmp_path: Path) -> None:
    """A ':' in a folder's name is said before anything starts."""
    said = outage("check", "always-fixed", "--json", OUTAGE_RUNS=str(tmp_path / "a:b" / "runs"))
    assert (said.code, "has ':' in its name" in said.json["error"], "move or clone" in said.json["error"]) == (
        2,
        True,
        True,
    )
    assert not (tmp_path / "a:b" / "runs" / "always-fixed").exists()


def test_a_place_that_cannot_be_written_is_one_message_and_an_object() -> None:
    """Exit code 2, never the 1 that means BROKEN, and JSON where JSON was asked for."""
    said = outage("check", "always-fixed", "--json", OUTAGE_RUNS="/proc/outage-lab-runs")
    assert (said.code, "/proc/outage-lab-runs" in said.json["error"], "Traceback" in said.err) == (2, True, False)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that only pretends: says what `said` has, and notes its variables."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nenv > {tmp_path}/env\necho "$*" > {tmp_path}/words\ncat {tmp_path}/said\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (tmp_path / "said").write_text("")
    return tmp_path


def test_compose_gets_a_runs_variables_and_no_file_of_variables(strange: Path, docker: Path) -> None:
    """None of the caller's COMPOSE_*, and no .env that happens to lie about."""
    with pytest.raises(DockerError):
        engine.compose(["up"], {"OUTAGE_RUN": "mine"})
    seen = dict(line.split("=", 1) for line in (docker / "env").read_text().splitlines() if "=" in line)
    assert seen["OUTAGE_RUN"] == "mine"
    assert set(STRANGE) & set(seen) == set()
    assert (docker / "words").read_text() == f"compose --env-file {os.devnull} up\n"


POOL = "failed to create network outage-x_default: Error response from daemon: could not find an available, "
POOL += "non-overlapping IPv4 address pool among the defaults to assign to the network"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (POOL, "no addresses left for another network(?s:.*)docker network prune"),
        ("Error response from daemon: client version 1.99 is too new. Maximum supported", "DOCKER_API_VERSION=1.99"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "engine does not answer"),
        ("Error: no such image: outage-lab/python:0123", "image outage-lab/python is not built"),
        ("mkdir /x: no space left on device", "The disk is full"),
        (" Container a-1  Creating\nsomething that nobody has ever seen", "Compose says:\nsomething that nobody"),
    ],
)
def test_what_compose_complains_of_is_said_by_its_cause(
    docker: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    """One message: what it is, what helps; its own words where the cause is not known, and no advice then."""
    monkeypatch.setenv("DOCKER_API_VERSION", "1.99")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    (docker / "said").write_text(said + "\n")
    with pytest.raises(DockerError, match=told) as caught:
        engine.compose(["up"], {})
    assert "Creating" not in str(caught.value)


def test_pips_own_places_are_not_taken_over() -> None:
    """Of the caller's settings only those that say where packages come from reach the set-up's pip."""
    listed = (
        "global.index-url='https://mirror/simple'\nglobal.user='true'\nglobal.require-hashes='no'\n"
        "install.target='/elsewhere'\ninstall.index-url='https://nearer/simple'\n"
        ":env:.extra-index-url='https://one/simple\\nhttps://two/simple'\n:env:.prefix='/elsewhere'\ndownload.index-url='x'\n"
        "Configuration file could not be loaded.\n"
    )
    assert index._chosen(listed) == {
        "index-url": "https://nearer/simple",
        "extra-index-url": "https://one/simple https://two/simple",
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package index that is a folder with one small package."""
    folder = tmp_path_factory.mktemp("index")
    name = folder / "outage_toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("outage_toy.py", "here = True\n")
        archive.writestr("outage_toy-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: outage-toy\nVersion: 1.0\n")
        archive.writestr(
            "outage_toy-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("outage_toy-1.0.dist-info/RECORD", "outage_toy.py,,\noutage_toy-1.0.dist-info/METADATA,,\n")
    digest = hashlib.sha256(name.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(f"outage-toy==1.0 --hash=sha256:{digest}\n")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual environment."""
    folder = tmp_path_factory.mktemp("made") / ".venv"
    subprocess.run([sys.executable, "-I", "-m", "venv", str(folder)], check=True)
    return folder


TOLD = {
    "shell": {
        "PIP_USER": "1",
        "PIP_PREFIX": "/no/such",
        "PIP_ROOT": "/no/such",
        "PIP_DRY_RUN": "1",
        "PIP_REQUIRE_HASHES": "0",
    },
    "target": {"PIP_TARGET": "/no/such", "PIP_REQUIRE_VIRTUALENV": "1", "PYTHONUSERBASE": "/no/such"},
    "pip.conf": {"PIP_CONFIG_FILE": "{folder}/pip.conf"},
}


@pytest.mark.parametrize("where", TOLD)
def test_packages_land_in_the_environment_whatever_pip_was_told(
    wheel: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """PIP_USER, PIP_TARGET, PIP_PREFIX and their like, in the shell or in pip.conf, change nothing."""
    (tmp_path / "pip.conf").write_text("[global]\ntarget = /no/such\n[install]\nuser = true\n")
    index_alone = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel), "PIP_CONFIG_FILE": os.devnull}
    for name, value in (index_alone | TOLD[where]).items():
        monkeypatch.setenv(name, value.format(folder=tmp_path))
    python = str(made / "bin" / "python")
    monkeypatch.setattr(venv, "PYTHON", python)
    monkeypatch.setattr(venv, "VENV", made)

    venv._fill(wheel / "requirements.txt", shell.log("venv"))

    found = list(venv._site_packages().glob("outage_toy*"))
    assert sorted(path.name for path in found) == ["outage_toy-1.0.dist-info", "outage_toy.py"]
    assert subprocess.run([python, "-I", "-c", "import outage_toy"], check=False).returncode == 0
    assert not Path("/no/such").exists()
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def test_a_set_up_whose_packages_cannot_be_imported_is_not_done(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step imports what the verbs import; where that fails the set-up has failed, and says with what."""
    monkeypatch.setattr(venv, "PYTHON", str(made / "bin" / "python"))
    with pytest.raises(shell.SetupError, match="No module named"):
        venv._require_imports(shell.log("venv"))
