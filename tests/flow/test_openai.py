"""OpenAI from a dropped file to the delivered result, over a real socket."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

GPT_2, GPT_1_5, MINI = "gpt-image-2", "gpt-image-1.5", "gpt-image-1-mini"
TEXT = {"mode": "text-to-image", "prompt": "{text}"}


def _workspace(studio: Studio, **rule: Any) -> Workspace:
    workspace = studio(
        rule={"model": GPT_2, "size": "1024x1024"} | rule, account={"provider": "openai"}
    )
    workspace.account["base_url"] = f"{workspace.simulator.url}/openai/v1"
    workspace.configure()
    return workspace


def _prompt(workspace: Workspace, text: str = "a fox\n") -> None:
    (workspace.inbox / "wishes.txt").write_text(text)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("model", "size", "made"),
    [(GPT_2, "16:9", (1536, 864)), (GPT_1_5, "3:2", (1536, 1024)), (MINI, "auto", (1024, 1024))],
)
def test_text_to_image(studio: Studio, model: str, size: str, made: tuple[int, int]) -> None:
    """A line becomes a picture of the size asked for, decoded from the answer itself."""
    workspace = _workspace(studio, **TEXT, model=model, size=size, options={"quality": "low"})
    _prompt(workspace)

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert (row["path"], row["prompt"]) == ("/openai/v1/images/generations", "a fox")
    (result,) = workspace.results()
    assert result.name == "wishes_1.png"
    with Image.open(result) as picture:
        assert picture.size == made
    assert workspace.torn_results() == []


def test_the_price_follows_quality_and_size(studio: Studio) -> None:
    """What it cost stands in the sidecar, from the list of prices by quality (protocols.md 11)."""
    workspace = _workspace(studio, **TEXT, model=GPT_1_5, options={"quality": "low"}, group=2)
    _prompt(workspace)

    assert workspace.run() == 0

    told = workspace.sidecar(workspace.results()[0])
    assert (told["cost"], told["currency"]) == ("0.018", "USD")
    assert told["parameters"] == {
        "model": GPT_1_5,
        "n": 2,
        "quality": "low",
        "size": "1024x1024",
    }


def test_an_edit_of_one_picture(studio: Studio) -> None:
    """A dropped picture is sent as the file `image` of a form, untouched where it fits."""
    workspace = _workspace(studio, model=GPT_1_5, options={"input_fidelity": "high"})
    photo = workspace.drop("chelsea.png")
    digest = _sha256(photo)

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert (row["path"], row["refs"]) == ("/openai/v1/images/edits", [digest])
    assert [path.name for path in workspace.results()] == ["chelsea_1.png"]
    assert workspace.sidecar(workspace.results()[0])["parameters"]["input_fidelity"] == "high"


def test_an_edit_of_two_pictures_in_order(studio: Studio) -> None:
    """A set is sent as `image[]`, in natural order."""
    workspace = _workspace(studio, input="folder", prompt="combine")
    ten = workspace.drop("rocket.jpg", "set/10.jpg")
    two = workspace.drop("coffee.png", "set/2.png")
    digests = [_sha256(two), _sha256(ten)]

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["refs"] == digests
    assert len(workspace.results()) == 1


def test_three_pictures_of_one_request(studio: Studio) -> None:
    """A group is one request with n."""
    workspace = _workspace(studio, **TEXT, group=3)
    _prompt(workspace)

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["images_billed"] == 3
    assert [path.name for path in workspace.results()] == [f"wishes_1-{n}.png" for n in (1, 2, 3)]


@pytest.mark.parametrize("done", ["no", "yes"])
@pytest.mark.parametrize("mode", ["generation", "edit"])
def test_a_streamed_answer(studio: Studio, mode: str, done: str) -> None:
    """Previews are passed over; the finished pictures are delivered, with or without end mark."""
    options = {"stream": True, "partial_images": 2, "output_format": "jpeg"}
    rule: dict[str, Any] = TEXT if mode == "generation" else {}
    workspace = _workspace(studio, **rule, options=options, group=2)
    workspace.simulator.move_switches({"openai.stream_done": done})
    if mode == "edit":
        workspace.drop("rocket.jpg", "wishes.jpg")
    else:
        _prompt(workspace)

    assert workspace.run() == 0

    assert [path.name for path in workspace.results()] == ["wishes_1-1.jpeg", "wishes_1-2.jpeg"]
    assert workspace.sidecar(workspace.results()[0])["set"]["missing"] == []
    assert workspace.torn_results() == []
    assert len(workspace.simulator.ledger()) == 1


@pytest.mark.fault(62)
def test_a_stream_that_is_cut(studio: Studio) -> None:
    """What came is delivered, the rest is told; nothing is sent again (fault 62)."""
    workspace = _workspace(studio, **TEXT, options={"stream": True}, group=3)
    workspace.simulator.post_faults([{"when": {}, "do": "stream_cut", "args": {"after": 2}}])
    _prompt(workspace)

    workspace.run()

    assert [path.name for path in workspace.results()] == ["wishes_1-1.png", "wishes_1-2.png"]
    (missing,) = workspace.sidecar(workspace.results()[0])["set"]["missing"]
    assert missing["n"] == 3
    assert len(workspace.simulator.ledger()) == 1


@pytest.mark.fault(48)
def test_refused_content_fails_with_a_card(studio: Studio) -> None:
    """It goes to failed/ and is not sent again."""
    workspace = _workspace(studio)
    workspace.simulator.post_faults([{"when": {}, "do": "moderated"}])
    workspace.drop("rocket.jpg")

    assert [workspace.run(), workspace.run()] == [3, 0]

    assert "refuses the content" in (workspace.failed / "rocket.jpg.error.txt").read_text()
    assert workspace.simulator.ledger() == []


@pytest.mark.fault(57)
@pytest.mark.fault(59)
@pytest.mark.parametrize("fault", ["reset_after_billing", "truncate", "html_200"])
def test_a_lost_answer_is_held_and_never_sent_again(studio: Studio, fault: str) -> None:
    """The API has no key and no list: a person decides (protocols.md 1.2)."""
    workspace = _workspace(studio)
    args = {"billed": True} if fault == "html_200" else {}
    workspace.simulator.post_faults([{"when": {}, "do": fault, "times": 1, "args": args}])
    workspace.drop("rocket.jpg")

    assert [workspace.run(), workspace.run()] == [3, 3]

    ((state, reason),) = workspace.rows("SELECT state, reason FROM tasks")
    assert (state, reason) == ("held", "unsure")
    assert len(workspace.simulator.ledger()) == 1


def test_a_model_that_is_gone_pauses_itself(studio: Studio) -> None:
    """404 model_not_found keeps the file where it is; the model waits for a person."""
    workspace = _workspace(studio, **TEXT, model="dall-e-3")
    _prompt(workspace)

    assert workspace.run() == 3

    assert workspace.rows("SELECT scope, state FROM pauses") == [("model", "model")]
    assert workspace.states() == {"ready": 1}


@pytest.mark.fault(50)
def test_a_used_up_quota_pauses_the_account(studio: Studio) -> None:
    """429 with a code of the balance is not a rate limit (6.5)."""
    workspace = _workspace(studio, **TEXT)
    body = {"error": {"message": "no", "type": "x", "param": None, "code": "insufficient_quota"}}
    workspace.simulator.post_faults(
        [{"when": {}, "do": "status", "args": {"code": 429, "body": body}}]
    )
    _prompt(workspace)

    assert workspace.run() == 3

    assert workspace.rows("SELECT scope, state FROM pauses") == [("account", "quota")]


def _mask(path: Path, size: tuple[int, int] = (640, 480)) -> None:
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 100, 100))
    mask.save(path, "PNG")


@pytest.mark.parametrize(
    ("option", "model"), [("mask", GPT_1_5), ("markup", "gpt-image-2.5-flare")]
)
def test_an_edit_with_a_mask(studio: Studio, option: str, model: str) -> None:
    """A PNG beside the rule is sent as its own part, after the picture (protocols.md 6.2)."""
    workspace = _workspace(studio, model=model, options={option: "mask.png"})
    _mask(workspace.base / "mask.png")
    Image.new("RGB", (640, 480), "teal").save(workspace.inbox / "room.png")
    digests = [_sha256(workspace.inbox / "room.png"), _sha256(workspace.base / "mask.png")]

    assert workspace.run() == 0

    (row,) = workspace.simulator.ledger()
    assert row["refs"] == digests
    assert option not in workspace.sidecar(workspace.results()[0])["parameters"]


def test_a_mask_beside_a_rule_in_the_inbox_is_no_input(studio: Studio) -> None:
    """It stays where it is; another mask is another rule, under which the same file runs anew."""
    workspace = _workspace(studio, model=GPT_1_5)
    (workspace.inbox / "rule.yaml").write_text("options: {mask: mask.png}\n")
    _mask(workspace.inbox / "mask.png")
    Image.new("RGB", (640, 480), "teal").save(workspace.inbox / "room.png")

    assert workspace.run() == 0

    assert len(workspace.simulator.ledger()) == 1
    assert (workspace.inbox / "mask.png").exists()


@pytest.mark.parametrize("kind", ["size", "opaque", "jpeg"])
def test_a_mask_that_does_not_fit(studio: Studio, kind: str) -> None:
    """Another size, no transparent part, another type: a card, and nothing is sent."""
    workspace = _workspace(studio, model=GPT_1_5, options={"mask": "mask.png"})
    if kind == "size":
        _mask(workspace.base / "mask.png", (480, 640))
    else:
        format_ = "PNG" if kind == "opaque" else "JPEG"
        Image.new("RGB", (640, 480)).save(workspace.base / "mask.png", format_)
    Image.new("RGB", (640, 480), "teal").save(workspace.inbox / "room.png")

    assert workspace.run() == 3

    card = (workspace.failed / "room.png.error.txt").read_text()
    assert {"size": "480x640", "opaque": "transparent", "jpeg": "PNG"}[kind] in card
    assert "nothing was charged" in card
    assert workspace.simulator.ledger() == []


@pytest.mark.parametrize("previews", ["ignore", "keep"])
def test_previews_are_kept_where_the_rule_says_so(studio: Studio, previews: str) -> None:
    """Two previews come beside the result under names of their own; by default none does."""
    options = {"stream": True, "partial_images": 2}
    workspace = _workspace(studio, **TEXT, options=options, previews=previews)
    (workspace.inbox / "one.txt").write_text("a fox\n")
    assert workspace.run() == 0
    names = [path.name for path in workspace.results()]
    kept = ["one_1-preview-1.png", "one_1-preview-2.png"] if previews == "keep" else []
    assert names == [*kept, "one_1.png"]
    told = [workspace.sidecar(path).get("preview") for path in workspace.results()]
    assert told == [True] * len(kept) + [None]
    assert workspace.torn_results() == []
