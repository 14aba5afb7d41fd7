"""Is a stack that `lab` leaves up there to look around in, safe, live, and gone when asked?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from toys import copy, outage

from harness import paths
from harness.lab.manifest import Lab
from harness.run import engine, lifecycle
from harness.run.container import Container
from harness.run.instruments import Http
from harness.run.waiting import patiently, wait_until
from harness.setup import images

pytestmark = pytest.mark.docker
REACH_OUT = """
import socket
try:
    socket.create_connection(("1.1.1.1", 443), timeout=1)
except OSError as problem:
    print(type(problem).__name__)
"""


@dataclass(frozen=True)
class Up:
    """A toy that `lab` has left up."""

    lab: Lab
    said: dict[str, Any]
    project: str

    @property
    def details(self) -> dict[str, Any]:
        """Everything that Docker knows of its container."""
        [listed] = engine.containers(outage_run=self.project)
        found: dict[str, Any] = engine.client().api.inspect_container(listed["Id"])
        return found

    @property
    def shop(self) -> Container:
        """Its container, as a drill sees it."""
        return Container(self.project, "shop")

    def http(self) -> Http:
        """Its service, as a drill sees it."""
        return Http(lambda: ("127.0.0.1", self._port()))

    def _port(self) -> int:
        [listed] = engine.containers(outage_run=self.project)
        return next((int(port["PublicPort"]) for port in listed["Ports"] if "PublicPort" in port), 1)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One stack for the tests of this file that only look, or put back what they change."""
    folder = tmp_path_factory.mktemp("kept")
    lab = copy("02-always-broken", folder / "labs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTAGE_RUNS", str(folder / "runs"))
        patch.setenv("OUTAGE_WORK", str(folder / "work"))
        patch.setenv("OUTAGE_LABS", str(folder / "labs"))
        done = outage("lab", "always-broken", "--json")
        assert done.code == 0, done
        try:
            yield Up(lab, done.json, lifecycle.kept()[0])
        finally:
            outage("down")


@pytest.fixture
def here(up: Up, monkeypatch: pytest.MonkeyPatch) -> Up:
    """The same, with this test's commands being about it."""
    home = Path(up.details["Config"]["Labels"]["outage.home"])
    monkeypatch.setenv("OUTAGE_RUNS", str(home))
    monkeypatch.setenv("OUTAGE_WORK", str(home.with_name("work")))
    monkeypatch.setenv("OUTAGE_LABS", str(up.lab.folder.parent))
    return up


def test_the_outage_is_reproduced_and_stays(here: Up) -> None:
    """`lab` exits with 0 when the symptom shows, and the address that it prints answers as the outage does."""
    assert (here.said["verdict"], here.said["exit_code"], here.said["purpose"]) == ("BROKEN", 0, "lab")
    assert httpx.get(f"{here.said['urls']['shop']}/orders").status_code == 503


def test_services_run_without_root_and_power(here: Up) -> None:
    """No root, no capability, no new privileges, nothing writable but a small /tmp, and limits on everything."""
    host, config = here.details["HostConfig"], here.details["Config"]

    assert config["User"].split(":")[0] not in ("", "0", "root")
    assert (host["CapDrop"], host["CapAdd"] or [], host["Privileged"]) == (["ALL"], [], False)
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert (host["ReadonlyRootfs"], host["RestartPolicy"]["Name"]) == (True, "no")
    assert 0 < host["Memory"] <= 256 * 1024 * 1024
    assert 0 < host["PidsLimit"] <= 256
    assert host["NanoCpus"] > 0
    assert [mount["RW"] for mount in here.details["Mounts"] if mount["Type"] == "bind"] == [False]


def test_a_process_inside_has_no_capability(here: Up) -> None:
    """What the kernel itself says of a process in the container: another user than root, and no capability at all."""
    code, text = here.shop.exec(
        ["sh", "-c", "exec 2>&1; id -u; grep Cap /proc/self/status; touch /app/x /opt/x; exit 0"]
    )

    lines = text.splitlines()
    assert (code, lines[0]) == (0, "10001")
    assert [line.split()[1] for line in lines if line.startswith("Cap")] == ["0" * 16] * 5
    assert text.count("Read-only file system") == 2


def test_services_do_not_reach_the_world(here: Up) -> None:
    """A connection to a public address fails, and the stack's network has no way out that could let it pass."""
    [network] = engine.client().api.networks(filters={"label": f"outage.run={here.project}"})

    assert here.shop.exec(["python", "-c", REACH_OUT])[1].strip() in ("TimeoutError", "OSError")
    assert network["Options"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"


def test_ports_are_for_this_machine_alone(here: Up) -> None:
    """Every published port is on 127.0.0.1, and chosen by the system."""
    bindings = here.details["NetworkSettings"]["Ports"]["8000/tcp"]

    assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]
    assert here.details["HostConfig"]["PortBindings"]["8000/tcp"][0]["HostPort"] in ("", "0")


def test_everything_carries_the_label(here: Up) -> None:
    """Container and network name the checkout, the run and the lab that they belong to."""
    [network] = engine.client().api.networks(filters={"label": f"outage.run={here.project}"})

    for labels in (here.details["Config"]["Labels"], network["Labels"]):
        assert (labels["outage.lab"], labels["outage.run"]) == ("always-broken", here.project)
        assert labels["outage.home"].endswith("/runs")


def test_logs_and_shell_reach_the_services(here: Up) -> None:
    """Logs are printed, a shell runs what it is given, and a wrong service is answered with the right ones."""
    here.http().get("/nowhere")
    logs, shell = outage("logs", "always-broken"), outage("shell", "always-broken", given="id -u; exit 3\n")
    wrong = outage("logs", "always-broken", "--service", "db")

    live = outage("logs", "always-broken", "--live")
    assert (logs.code, logs.out.splitlines()[0]) == (0, "── shop   (the stack that is up)")
    assert live.out.splitlines()[0] == logs.out.splitlines()[0]
    assert (shell.code, shell.out) == (3, "10001\n")
    assert (wrong.code, "The stack has no service 'db'; it has shop." in wrong.err) == (2, True)


def test_every_fault_can_be_done_and_taken_back(here: Up) -> None:
    """Pause and kill do what they say to customers, and each can be healed."""
    ask = here.http()

    here.shop.pause()
    assert ask.get("/health", timeout=0.3).error == "timeout"
    here.shop.unpause()
    assert ask.get("/health").status == 200

    here.shop.kill()
    assert wait_until(lambda: not here.shop.running(), 5, "it is dead")
    assert (here.shop.exit_code(), ask.get("/health").status) == (137, None)
    here.shop.start()
    assert wait_until(lambda: ask.get("/health").ok, 10, "it answers again")


def test_an_edit_is_served_while_the_stack_is_up(here: Up) -> None:
    """A saved edit is live within seconds; one that does not load is answered with its traceback until the next one."""
    edited = paths.work_of("always-broken") / "shop" / "app.py"
    shipped, ask = edited.read_text(), here.http()

    def answers(text: str) -> bool:
        return text in ask.get("/orders", timeout=1.0).text

    try:
        edited.write_text(shipped.replace("taken=False), 503", "taken='repaired'), 200"))
        assert patiently(lambda: answers("repaired"), 8)
        edited.write_text("import no_such_module\n")
        assert patiently(lambda: answers("No module named 'no_such_module'"), 8)
    finally:
        edited.write_text(shipped)
    assert patiently(lambda: ask.get("/orders", timeout=1.0).status == 503, 8)


def test_a_stack_that_was_stopped_is_said(stacks: Path) -> None:
    """After the machine was started again containers are there and stopped: one message, what is up and what to run."""
    claim = lifecycle.Claim("always-fixed", "lab")
    labels = {"outage.home": str(stacks), "outage.run": claim.project, "com.docker.compose.service": "shop"}
    engine.client().containers.create(images.tags()["python"], ["true"], labels=labels)
    claim.keep()
    claim.release()

    stopped = outage("shell", "always-fixed")
    engine.remove(outage_run=claim.project)
    gone = outage("shell", "always-fixed")

    assert (stopped.code, "does not run any more (shop created)" in stopped.err) == (2, True)
    assert "`make lab-always-fixed` starts a fresh one" in stopped.err
    assert (gone.code, "its containers are gone" in gone.err) == (2, True)
    assert "Traceback" not in stopped.err + gone.err


def test_a_second_lab_replaces_the_first_and_down_removes_it(stacks: Path) -> None:
    """One story has one stack up at a time; `down` removes it, and a second time there is nothing to remove."""
    first = outage("lab", "always-fixed", "--json").json
    second = outage("lab", "always-fixed")

    [project] = lifecycle.kept("always-fixed")
    assert not project.endswith(first["run"])
    assert {one["Labels"]["outage.run"] for one in engine.containers(outage_home=str(stacks))} == {project}
    assert (second.code, "was not reproduced: orders are taken held" in second.out) == (2, True)
    assert "Look around   http://127.0.0.1:" in second.out

    assert outage("down", "always-broken").out == "Nothing was up.\n"
    assert outage("down", "always-fixed").out == f"Removed {project}.\n"
    assert outage("down").out == "Nothing was up.\n"
    assert engine.containers(outage_home=str(stacks)) == []
    assert "No stack of always-fixed is up." in outage("shell", "always-fixed").err


def test_a_file_that_services_may_not_read_is_said(stacks: Path) -> None:
    """A student's file that only they may read would look like a broken service: `lab` says what helps."""
    outage("reset", "always-fixed")
    (paths.work_of("always-fixed") / "shop" / "app.py").chmod(0o600)

    said = outage("lab", "always-fixed")

    assert (said.code, "only you may read this file" in said.err, "chmod -R o+rX" in said.err) == (2, True, True)
    assert engine.containers(outage_home=str(stacks)) == []


def test_clean_removes_records_and_stacks(stacks: Path) -> None:
    """`clean` asks, then removes what runs have left, progress too."""
    (stacks / "always-fixed" / "20261123-210501-ab12").mkdir(parents=True)
    refused, done = outage("clean", given="n\n"), outage("clean", "--yes")

    assert (refused.code, done.code, done.out) == (2, 0, "Clean.\n")
    assert [path.name for path in stacks.iterdir() if path.name != ".locks"] == []
