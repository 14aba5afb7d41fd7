"""How is the machine itself kept out of reach of what runs in a stack?

A container reaches its host at the address of its network: whatever the host serves to its neighbours, it would serve
to a stranger's code as well. Stacks have bridges with names of their own, and two rules of the host's firewall let no
connection begin there that ends anywhere else. They match nothing else, so they stay until the next start of the
machine, or until `outage clean`.
"""

from __future__ import annotations

import hashlib

from docker.errors import APIError, ContainerError, ImageNotFound

from harness.run import engine, lifecycle
from harness.setup import images

IMAGE = "netfault"
BRIDGES = "oul"
NEW = "-m conntrack --ctstate NEW -m comment --comment outage-lab -j DROP"
RULES = (f"INPUT -i {BRIDGES}+ {NEW}", f"FORWARD -i {BRIDGES}+ ! -o {BRIDGES}+ {NEW}")
RAISE = " && ".join(f"{{ iptables -w -C {rule} 2>/dev/null || iptables -w -I {rule}; }}" for rule in RULES)
LOWER = "; ".join(f"while iptables -w -D {rule} 2>/dev/null; do :; done" for rule in RULES)


def bridge(run_id: str) -> str:
    """The name of this run's bridge: an interface's name has at most 15 characters."""
    return BRIDGES + hashlib.sha256(run_id.encode()).hexdigest()[:12]


def build() -> str | None:
    """Have the rules in force, before any container starts; what went wrong where that is not possible."""
    return _told(RAISE)


def remove() -> str | None:
    """Take the rules away; what went wrong where that is not possible."""
    return _told(LOWER)


def _told(script: str) -> str | None:
    try:
        engine.client().containers.run(
            images.tags()[IMAGE],
            entrypoint=["sh", "-c", script],
            network_mode="host",
            cap_drop=["ALL"],
            cap_add=["NET_ADMIN"],
            labels={engine.LABEL_HOME: lifecycle.home()},
            remove=True,
        )
    except (APIError, ContainerError, ImageNotFound) as problem:
        return f"no firewall rule could be added: {problem}"
    return None
