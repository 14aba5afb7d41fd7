"""Does lab 08 judge a consumer that its client library has left without any partition (kafka-python's issue 2377)?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from toys import left_over, outage

from harness import paths
from harness.lab import manifest

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("stacks")]

LABS = paths.ROOT / "labs"
LAB = manifest.read(LABS / "08-queue-lag")
KNOWS_NO_TOPIC = '''
from kafka.coordinator.assignors.range import RangePartitionAssignor


class Unlucky(RangePartitionAssignor):
    """Knows of no partition the first time, as one whose metadata have not come yet."""

    met = False

    @classmethod
    def assign(cls, cluster, members):
        if Unlucky.met:
            return super().assign(cluster, members)
        Unlucky.met = True
        return super().assign(cls, members)

    @classmethod
    def partitions_for_topic(cls, topic):
        return None


class KafkaConsumer(KafkaConsumer):
    def __init__(self, *topics, **settings):
        super().__init__(*topics, partition_assignment_strategy=[Unlucky], **settings)
'''


def test_a_right_consumer_that_gets_no_partition_at_first_is_right(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drill lets it join anew, at the start and after the crash, and judges what it does then."""
    monkeypatch.setenv("OUTAGE_LABS", str(LABS))
    submission = tmp_path / "submission"
    shutil.copytree(LAB.overlays("fixes")["adaptive"], submission)
    consumer = submission / "orders" / "consumer.py"
    imported = "from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition\n"
    consumer.write_text(consumer.read_text().replace(imported, imported + KNOWS_NO_TOPIC, 1))
    assert "Unlucky" in consumer.read_text()

    said = outage("check", LAB.slug, "--json", "--overlay", str(submission), seconds=120)

    assert (said.json["verdict"], said.json["reasons"]) == ("FIXED", [])
    log = Path(said.json["folder"], "logs", "orders.log").read_text()
    assert log.count("No partition metadata for topic orders") >= 2
    assert left_over(runs) == []
