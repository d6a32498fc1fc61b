"""An inbox where anyone may write: whose files are read, and what leaves the machine."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from tests.flow.conftest import Studio
from tests.flow.workspace import PHOTOS, Workspace
from tests.media.test_metadata import PLACE, WORDS, _jpeg_with_all

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and links of POSIX")


def _studio(studio: Studio, **untrusted: object) -> Workspace:
    return studio(folder={"untrusted": untrusted or True})


def _sent(workspace: Workspace) -> set[str]:
    return {ref for row in workspace.simulator.ledger() for ref in row["refs"]}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_with_a_second_name_is_not_read(studio: Studio, tmp_path: Path) -> None:
    """A hard link to a picture elsewhere is not sent: its giver may not be able to read it (4a).

    In a trusted inbox it is. Breaks if `open_source` does not look at the number of names.
    """
    secret = tmp_path / "private.png"
    shutil.copyfile(PHOTOS / "chelsea.png", secret)
    workspace = _studio(studio)
    os.link(secret, workspace.inbox / "link.png")
    workspace.drop("coffee.png")

    assert workspace.run() == 0

    assert workspace.states() == {"done": 1}
    assert _sha256(secret) not in _sent(workspace)
    assert (workspace.inbox / "link.png").exists()

    workspace.folder = {}
    workspace.configure()
    assert workspace.run() == 0
    assert workspace.states() == {"done": 2}


def test_a_link_that_comes_after_the_look_is_not_sent(studio: Studio, tmp_path: Path) -> None:
    """What got a second name between admission and sending is not sent either (T4)."""
    workspace = _studio(studio)
    dropped = workspace.drop("chelsea.png")
    workspace.account = {"key": "file:no-such-key"}
    workspace.configure()
    assert workspace.run() == 3
    os.link(dropped, tmp_path / "second")
    workspace.account = {}
    workspace.configure()

    workspace.run()

    assert workspace.simulator.ledger() == []
    assert workspace.states() == {"cancelled": 1}


@pytest.mark.skipif(os.getuid() != 0, reason="gives a file away")
def test_only_files_of_the_owners_are_read(studio: Studio) -> None:
    """A file of a user that is not among `owners` stays where it is and is not sent (4a).

    Breaks if the owner is not compared.
    """
    workspace = _studio(studio, owners=[1234])
    theirs, others = workspace.drop("coffee.png"), workspace.drop("chelsea.png")
    os.chown(theirs, 1234, 1234)
    os.chown(others, 4321, 4321)

    assert workspace.run() == 0

    assert workspace.states() == {"done": 1}
    assert not theirs.exists()
    assert others.exists()


def test_pictures_leave_without_what_their_files_tell(studio: Studio) -> None:
    """Place, words and camera are not sent from an untrusted inbox, and the sidecar says so (T16).

    Breaks if a picture that fits the model passes byte for byte.
    """
    content = _jpeg_with_all()
    workspace = _studio(studio)
    (workspace.inbox / "holiday.jpg").write_bytes(content)
    trusted = hashlib.sha256(content).hexdigest()
    assert PLACE in content
    assert WORDS.encode() in content

    assert workspace.run() == 0

    (result,) = workspace.results()
    assert trusted not in _sent(workspace)
    assert "sent without place" in str(workspace.sidecar(result)["changed_to_fit"])
    assert PLACE in (workspace.done / "holiday.jpg").read_bytes(), "the source stays whole"


def test_a_rule_in_the_inbox_is_ignored(studio: Studio) -> None:
    """Whoever may drop a file does not choose what it costs (4a)."""
    workspace = _studio(studio)
    (workspace.inbox / "rule.yaml").write_text("group: 9\nprompt: something else\n")
    workspace.drop("coffee.png")

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert (row["prompt"], row["images_billed"]) == ("make it rain", 1)
