"""From a dropped file to a delivered result of APIMart, over a real socket."""

from __future__ import annotations

import io
import shutil
from typing import Any

import pytest

from seedwatch.media.inspect import inspect_result
from seedwatch.simulator import RunningSimulator
from tests.flow.conftest import Studio
from tests.flow.test_ark_videos import QUICK, drop_set, shape
from tests.flow.workspace import PHOTOS, Workspace

SEEDREAM, V2_0 = "doubao-seedance-4-5", "doubao-seedance-2.0"
TEXT: dict[str, Any] = {"mode": "text-to-image", "model": SEEDREAM, "prompt": [], "size": "1:1"}
EDIT: dict[str, Any] = {"mode": "image-to-image", "model": SEEDREAM, "size": "auto"}


@pytest.fixture
def apimart(simulator: RunningSimulator, studio: Studio) -> Any:
    """Makes a workspace with an account at APIMart."""

    def make(rule: dict[str, Any], **account: Any) -> Workspace:
        at = {"provider": "apimart", "base_url": f"{simulator.url}/apimart/v1"}
        return studio(rule=rule, account=at | QUICK | account)

    return make


def billed(simulator: RunningSimulator) -> int:
    """How many pictures and videos were charged."""
    return sum(row["images_billed"] for row in simulator.ledger())


def test_prompts_become_pictures(apimart: Any, simulator: RunningSimulator) -> None:
    """Ratio and resolution come to the documented pixels; a submit bears the attempt's key."""
    workspace = apimart({**TEXT, "size": "16:9", "resolution": "2K"})
    (workspace.inbox / "a.txt").write_text("a fox\na bear\n")
    assert workspace.run() == 0
    assert [shape(path)[1:] for path in workspace.results()] == [(2560, 1440)] * 2
    told = workspace.sidecar(workspace.results()[0])
    assert told["provider"] == "apimart"
    assert told["parameters"] == {
        "model": SEEDREAM,
        "size": "16:9",
        "resolution": "2K",
        "n": 1,
        "watermark": False,
    }
    keys = {row["idempotency_key"] for row in simulator.ledger()}
    assert keys == {workspace.sidecar(path)["attempt"] for path in workspace.results()}
    assert len(keys) == 2


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"apimart.answer_form": "array", "apimart.url_form": "string"},
        {"apimart.answer_form": "object", "apimart.several": "urls"},
    ],
)
def test_a_group_comes_in_every_form_of_answer(
    apimart: Any, simulator: RunningSimulator, switches: dict[str, str]
) -> None:
    """`n` pictures of one task, over entries or links, in order (protocols.md 4.2, 4.3)."""
    simulator.move_switches(switches)
    workspace = apimart({**TEXT, "group": 3})
    (workspace.inbox / "a.txt").write_text("a fox")
    assert workspace.run() == 0
    assert [path.name for path in workspace.results()] == [f"a_1-{n}.jpeg" for n in (1, 2, 3)]
    assert len({path.read_bytes() for path in workspace.results()}) == 3
    assert (billed(simulator), len(simulator.ledger())) == (3, 1)


@pytest.mark.parametrize("upload", ["first", "inline"])
def test_pictures_are_uploaded_first_or_sent_inside(
    apimart: Any, simulator: RunningSimulator, upload: str
) -> None:
    """By the account's setting; with `first` a service without data URIs is served, too."""
    if upload == "first":
        simulator.move_switches({"apimart.data_uri": "refuse"})
    workspace = apimart({**EDIT, "references": ["brand.png"]}, upload=upload)
    shutil.copyfile(PHOTOS / "astronaut.png", workspace.base / "brand.png")
    workspace.drop("coffee.png")
    workspace.drop("chelsea.png")
    assert workspace.run() == 0
    assert len(workspace.results()) == 2
    refs = [row["refs"] for row in simulator.ledger()]
    assert [len(ref) for ref in refs] == [2, 2]
    assert refs[0][0] == refs[1][0]  # the rule's own comes first
    assert refs[0][1] != refs[1][1]


def test_videos_begin_and_end_with_the_pictures_of_a_folder(
    apimart: Any, simulator: RunningSimulator
) -> None:
    """Seedance 2.0 by roles, from uploaded frames."""
    rule = {**EDIT, "mode": "image-to-video", "model": V2_0, "input": "folder", "size": "9:16"}
    workspace = apimart({**rule, "options": {"duration": 5}})
    drop_set(workspace, "walk", "chelsea.png", "coffee.png")
    assert workspace.run() == 0
    (video,) = workspace.results()
    assert (video.name, shape(video)) == ("walk_1.mp4", ("video/mp4", 496, 864))
    assert inspect_result(io.BytesIO(video.read_bytes())).duration_s == 5.0
    assert len(simulator.ledger()[0]["refs"]) == 2


def test_words_become_videos(apimart: Any) -> None:
    """The ratio of 1.x has a field of its own name."""
    rule = {**TEXT, "mode": "text-to-video", "model": "doubao-seedance-1-0-pro-quality"}
    workspace = apimart({**rule, "resolution": "480p", "options": {"duration": 2}})
    (workspace.inbox / "a.txt").write_text("a fox")
    assert workspace.run() == 0
    (video,) = workspace.results()
    assert shape(video) == ("video/mp4", 640, 640)
    parameters = workspace.sidecar(video)["parameters"]
    assert (parameters["aspect_ratio"], parameters["resolution"]) == ("1:1", "480p")


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "reset_after_billing", "times": 1},
        {"do": "status", "args": {"code": 500, "billed": True}, "times": 1},
        {"do": "html_200", "args": {"billed": True}, "times": 1},
    ],
    ids=lambda fault: f"{fault['do']}-{fault.get('args', {}).get('code', '')}",
)
def test_a_lost_answer_is_settled_under_the_same_key(
    apimart: Any, simulator: RunningSimulator, fault: dict[str, Any]
) -> None:
    """Charged, and nobody was told: the same bytes under the same key give the first task."""
    simulator.post_faults([fault])
    workspace = apimart(TEXT)
    (workspace.inbox / "a.txt").write_text("a fox")
    assert workspace.run() == 0
    assert workspace.states() == {"done": 1}
    assert billed(simulator) == 1


@pytest.mark.fault(47)
@pytest.mark.fault(64)
@pytest.mark.parametrize(
    ("fault", "state", "charged"),
    [
        ({"do": "task_failed", "times": 1}, "done", 2),
        ({"do": "task_failed", "args": {"code": "400", "message": "No."}}, "failed", 0),
        ({"do": "moderated"}, "failed", 0),
        ({"do": "moderated", "args": {"code": "InputText"}}, "failed", 0),
        ({"do": "status", "args": {"code": 404}}, "failed", 0),
        ({"do": "partial_group", "args": {"keep": 1}}, "done", 1),
        ({"do": "empty_data"}, "held", 2),
        ({"do": "not_an_image"}, "held", 2),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else str(value),
)
@pytest.mark.parametrize("envelope", ["error", "success_false"])
def test_faults_are_handled_by_their_reason(
    apimart: Any,
    simulator: RunningSimulator,
    envelope: str,
    fault: dict[str, Any],
    state: str,
    charged: int,
) -> None:
    """A fault of theirs is tried as a new task; content and refusals fail; paid is held."""
    simulator.move_switches({"apimart.envelope": envelope})
    simulator.post_faults([fault])
    workspace = apimart({**TEXT, "group": 2})
    (workspace.inbox / "a.txt").write_text("a fox")
    workspace.run()
    assert workspace.states() == {state: 1}
    assert billed(simulator) == charged


@pytest.mark.fault(50)
def test_an_empty_balance_pauses_the_account(apimart: Any, simulator: RunningSimulator) -> None:
    """402 charges nothing and leaves the task ready (protocols.md 4.5)."""
    simulator.move_switches({"apimart.balance": "empty"})
    workspace = apimart(TEXT)
    (workspace.inbox / "a.txt").write_text("a fox")
    workspace.run()
    assert workspace.states() == {"ready": 1}
    assert workspace.rows("SELECT state FROM pauses") == [("quota",)]
    assert simulator.ledger() == []
