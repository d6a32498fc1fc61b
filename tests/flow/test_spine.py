"""Drop a picture, get a picture: the whole way over a real socket."""

from __future__ import annotations

import hashlib
import time

import pytest
from PIL import Image

from tests.flow.conftest import Studio


def test_a_picture_travels_to_done(studio: Studio) -> None:
    """A dropped photograph is sent once, its result and sidecar delivered, the source retired."""
    workspace = studio()
    photo = workspace.drop("chelsea.png")
    sent = hashlib.sha256(photo.read_bytes()).hexdigest()

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["refs"] == [sent]
    assert row["prompt"] == "make it rain"
    result = workspace.outbox / "chelsea_1.jpeg"
    with Image.open(result) as picture:
        picture.load()
    told = workspace.sidecar(result)
    assert told["source"] == {"name": "chelsea.png", "sha256": sent}
    assert told["result"]["sha256"] == hashlib.sha256(result.read_bytes()).hexdigest()
    assert told["request_id"] == row["request_id"]
    assert not photo.exists()
    assert (workspace.done / "chelsea.png").exists()


def test_a_result_and_its_safety_copy_are_two_files(studio: Studio) -> None:
    """When a run ends the spool holds bytes of its own: who edits a result does not edit them.

    Breaks if the copies that share their bytes at first are not parted.
    """
    workspace = studio()
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    (result,) = workspace.results()
    spool = [path.stat() for path in (workspace.base / "state" / "spool").iterdir()]
    assert result.stat().st_nlink == 1
    assert result.stat().st_size in {status.st_size for status in spool}


def test_a_picture_that_changed_in_the_queue(studio: Studio) -> None:
    """What is sent is what was recorded; another picture under its name is a job of its own.

    Breaks if the bytes are not compared before they are sent: the new picture is paid for twice.
    """
    workspace = studio()
    photo = workspace.drop("rocket.jpg")
    workspace.decide(lambda store: store.pause("account", "sim", "paused", "", None))
    workspace.run()
    assert workspace.states() == {"ready": 1}
    workspace.drop("chelsea.png", "rocket.jpg")
    sent = hashlib.sha256(photo.read_bytes()).hexdigest()
    workspace.decide(lambda store: store.resume("account", "sim"))

    assert workspace.run() == 0

    assert [row["refs"] for row in workspace.simulator.ledger()] == [[sent]]
    assert workspace.states() == {"cancelled": 1, "done": 1}
    assert (workspace.done / "rocket.jpg").exists()


def test_a_second_run_does_nothing(studio: Studio) -> None:
    """What is done stays done: a second run sends nothing and changes nothing."""
    workspace = studio()
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    before = workspace.census(), workspace.results()

    assert workspace.run() == 0

    assert len(workspace.simulator.ledger()) == 1
    assert (workspace.census(), workspace.results()) == before


def test_a_group_is_delivered_whole(studio: Studio) -> None:
    """A group of four gives four named pictures, each with a sidecar, and a manifest."""
    workspace = studio(rule={"group": 4})
    workspace.drop("coffee.png")

    assert workspace.run() == 0

    names = [path.name for path in workspace.results()]
    assert names == [f"coffee_1-{n}.jpeg" for n in (1, 2, 3, 4)]
    assert workspace.torn_results() == []
    assert (workspace.outbox / "coffee_1.set.json").exists()
    assert [row["images_billed"] for row in workspace.simulator.ledger()] == [4]


def test_base64_answers_are_delivered(studio: Studio) -> None:
    """With response_format b64_json the picture comes inside the answer."""
    workspace = studio(rule={"options": {"response_format": "b64_json"}})
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    assert len(workspace.results()) == 1
    assert workspace.torn_results() == []


@pytest.mark.fault(48)
def test_a_refused_picture_fails_with_a_card(studio: Studio) -> None:
    """Refused content goes to failed/ with a card, and moving it back tries again."""
    workspace = studio()
    workspace.simulator.post_faults([{"when": {}, "do": "moderated", "times": 1}])
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    card = workspace.failed / "rocket.jpg.error.txt"
    assert "move the file back" in card.read_text()
    assert workspace.simulator.ledger() == []

    (workspace.failed / "rocket.jpg").rename(workspace.inbox / "rocket.jpg")
    assert workspace.run() == 0

    assert len(workspace.simulator.ledger()) == 1
    assert (workspace.done / "rocket.jpg").exists()
    assert not card.exists()


@pytest.mark.fault(44)
def test_a_lost_answer_is_held_and_never_sent_again(studio: Studio) -> None:
    """A reset after billing leaves the task held: unsure; another run does not send it.

    Goes red when OutcomeUnknown is mapped to a retry.
    """
    workspace = studio()
    workspace.simulator.post_faults([{"when": {}, "do": "reset_after_billing", "times": 1}])
    workspace.drop("rocket.jpg")

    assert [workspace.run(), workspace.run()] == [3, 3]

    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]
    assert len(workspace.simulator.ledger()) == 1
    assert (workspace.inbox / "rocket.jpg").exists()


def test_a_folder_taken_out_of_the_configuration_waits(studio: Studio) -> None:
    """Tasks of a folder or account that is no longer configured are left alone until it is back."""
    workspace = studio(folder={"cold_start": 0})
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    held = [row[0] for row in workspace.rows("SELECT id FROM tasks")]
    workspace.decide(lambda store: store.release(held))
    workspace.folder["name"] = "another"
    workspace.folder["inbox"] = "another/inbox"
    (workspace.base / "another" / "inbox").mkdir(parents=True)
    workspace.configure()

    assert workspace.run() == 3
    assert workspace.states() == {"ready": 1}

    workspace.folder = {"cold_start": 0}
    workspace.configure()
    assert workspace.run() == 0
    assert workspace.states() == {"done": 1}


@pytest.mark.fault(39)
@pytest.mark.fault(41)
@pytest.mark.process
def test_a_dead_endpoint_pauses_its_account(studio: Studio) -> None:
    """Where nobody listens nothing is lost or used up; the account rests and says so."""
    workspace = studio(account={"base_url": "http://127.0.0.1:9/ark/api/v3"})
    workspace.drop("rocket.jpg")

    with workspace.running():
        workspace.until("SELECT 1 FROM pauses WHERE state = 'limited'")

    assert workspace.rows("SELECT state, attempt_count FROM tasks") == [("ready", 0)]
    assert "127.0.0.1" in workspace.rows("SELECT message FROM pauses")[0][0]
    workspace.account = {}
    workspace.configure()
    assert workspace.run() == 0


def test_results_of_the_same_name_are_never_overwritten(studio: Studio) -> None:
    """A name that a stranger's file bears, or an earlier result, is left to it."""
    workspace = studio()
    workspace.outbox.mkdir(parents=True)
    (workspace.outbox / "rocket_1.jpeg").write_bytes(b"a stranger's")
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    assert (workspace.outbox / "rocket_1.jpeg").read_bytes() == b"a stranger's"
    assert (workspace.outbox / "rocket_1-2.jpeg").exists()

    (workspace.outbox / "rocket_1.jpeg").unlink()
    (workspace.done / "rocket.jpg").unlink()
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    assert (workspace.outbox / "rocket_1.jpeg").exists()


def test_the_card_of_an_uncertain_request_says_so(studio: Studio) -> None:
    """A request that may have been charged and is given up leaves no card that says "nothing"."""
    workspace = studio()
    workspace.simulator.post_faults([{"when": {}, "do": "reset_after_billing", "times": 1}])
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    workspace.decide(lambda store: store.cancel([1]))

    workspace.run()

    card = (workspace.failed / "rocket.jpg.error.txt").read_text()
    assert "may have been charged" in card
    assert "nothing was charged" not in card
    assert "seedwatch release" not in card


def test_a_run_ends_beside_looks_of_its_own_rhythm(studio: Studio) -> None:
    """An inbox that is looked at as often as the run asks whether it is over does not keep it.

    Breaks if the question is asked at that same pace: both then fall together for minutes.
    """
    workspace = studio(folder={"poll_interval": "100ms"})
    began = time.monotonic()
    assert [workspace.run() for _ in range(4)] == [0] * 4
    assert time.monotonic() - began < 8
