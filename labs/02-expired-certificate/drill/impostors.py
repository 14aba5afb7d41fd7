"""Whom does billing trust: the bank with which certificate, and whom in the place of the shop?"""

from __future__ import annotations

from .ledger import Facts, World

from harness.drill import Run

GOOD, WRONG = "good", ["other host", "self-signed", "expired", "unknown CA"]


def met(run: Run, world: World) -> list[Facts]:
    """What billing did with each certificate that the bank showed, and then with each in the place of the shop."""
    seen = [_meeting(world, "bank", kind) for kind in [GOOD, *run.random.sample(WRONG, len(WRONG))]]
    divert = run.container("billing").divert
    straight = run.fault("somebody is between billing and the shop", divert, "edge", 8443, "outside", 9443)
    seen += [_meeting(world, "shop", kind) for kind in run.random.sample(WRONG, len(WRONG))]
    run.healed("nobody is", straight)
    noted = world.notes()["bank"]
    return [one | {what: f"{one['whom']} {one['kind']}" in noted[what] for what in ("came", "trusted")} for one in seen]


def _meeting(world: World, whom: str, kind: str) -> Facts:
    world.act(f"{whom} {kind}")
    return {"whom": whom, "kind": kind} | world.billing(f"/{whom}")
