"""What Ark's image models can do beside a plain picture, from a file to the result."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from tests.flow.conftest import Studio

PRO, FLASH = "doubao-seedream-5-0-pro-260628", "doubao-seedream-5-0-flash-260915"
LITE, FOUR = "doubao-seedream-5-0-260128", "doubao-seedream-4-0-250828"
EDIT = "doubao-seededit-3-0-i2i-250628"


@pytest.mark.parametrize("model", [PRO, FLASH])
def test_a_picture_taken_apart(studio: Studio, model: str) -> None:
    """Its base and layers are delivered in order from the bottom; each is charged as such."""
    options = {"layer_decomposition": True}
    workspace = studio(rule={"model": model, "size": "auto", "options": options, "prompt": []})
    Image.new("RGB", (800, 600), "teal").save(workspace.inbox / "poster.png")

    assert workspace.run() == 0

    results = workspace.results()
    assert [path.name for path in results] == [f"poster_1-{n}.png" for n in (1, 2, 3, 4)]
    with Image.open(results[0]) as base, Image.open(results[1]) as layer:
        assert (base.size, base.mode, layer.mode) == ((800, 600), "RGB", "RGBA")
    told = workspace.sidecar(results[0])
    assert told["cost"] == {PRO: "0.225", FLASH: "0.072"}[model]
    assert told["parameters"]["layer_decomposition"] is True
    assert workspace.simulator.ledger()[0]["images_billed"] == 4


def test_a_picture_too_small_to_be_taken_apart(studio: Studio) -> None:
    """It fails with a card before anything is paid; without layers the same picture would do."""
    options = {"layer_decomposition": True}
    workspace = studio(rule={"model": PRO, "size": "auto", "options": options, "prompt": []})
    workspace.drop("coffee.png")

    assert workspace.run() == 3

    assert "511" in (workspace.failed / "coffee.png.error.txt").read_text()
    assert workspace.simulator.ledger() == []


def test_a_transparent_background(studio: Studio) -> None:
    """A cut-out stays one: sent as it is, and the result has transparent parts."""
    workspace = studio(rule={"model": PRO, "size": "1K", "options": {"background": "transparent"}})
    cut_out = Image.new("RGBA", (640, 480), (200, 30, 30, 255))
    cut_out.paste((0, 0, 0, 0), (0, 0, 320, 480))
    cut_out.save(workspace.inbox / "shoe.png")

    assert workspace.run() == 0

    (result,) = workspace.results()
    assert (result.name, workspace.sidecar(result)["changed_to_fit"]) == ("shoe_1.png", [])
    with Image.open(result) as picture:
        assert picture.mode == "RGBA"


def test_a_transparent_background_needs_a_cut_out(studio: Studio) -> None:
    """A picture that has no transparent part fails with a card before anything is paid (2.2)."""
    workspace = studio(rule={"model": PRO, "size": "1K", "options": {"background": "transparent"}})
    workspace.drop("rocket.jpg")

    assert workspace.run() == 3

    assert "transparent parts" in (workspace.failed / "rocket.jpg.error.txt").read_text()
    assert workspace.simulator.ledger() == []


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (PRO, {"options": {"optimize_prompt_options": {"mode": "fast", "thinking": "auto"}}}),
        (FOUR, {"options": {"optimize_prompt_options": {"mode": "fast"}}}),
        (LITE, {"options": {"optimize_prompt_options": {"mode": "standard"}}}),
        (LITE, {"options": {"tools": [{"type": "web_search"}]}}),
        (FLASH, {"seed": 42, "negative_prompt": "blur", "options": {"optimize_prompt": False}}),
        (EDIT, {"seed": 7, "size": "auto", "options": {"guidance_scale": 5.5}}),
    ],
)
def test_fields_that_a_model_has(studio: Studio, model: str, rule: dict[str, Any]) -> None:
    """They are sent as the rule says them, and the sidecar tells so."""
    workspace = studio(rule={"model": model, "size": "2K"} | rule)
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    sent = workspace.sidecar(workspace.results()[0])["parameters"]
    expected = {name: rule[name] for name in ("seed", "negative_prompt") if name in rule}
    expected |= rule["options"]
    assert {name: sent.get(name) for name in expected} == expected


@pytest.mark.parametrize(("kind", "suffix"), [("png", ".png"), ("jpeg", ".jpeg")])
def test_the_format_of_the_result(studio: Studio, kind: str, suffix: str) -> None:
    """The 5.0 models make what `output_format` says; the name follows the bytes."""
    workspace = studio(rule={"model": LITE, "size": "2K", "options": {"output_format": kind}})
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    assert [path.suffix for path in workspace.results()] == [suffix]


@pytest.mark.fault(61)
@pytest.mark.parametrize("response_format", ["url", "b64_json"])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_group_with_a_refused_picture(
    studio: Studio, response_format: str, is_streamed: bool
) -> None:
    """The others are delivered and charged; the sidecar says which is missing and why (2.5)."""
    options = {"response_format": response_format, "stream": is_streamed}
    workspace = studio(rule={"model": FOUR, "size": "1K", "group": 3, "options": options})
    workspace.simulator.post_faults([{"when": {}, "do": "partial_group", "args": {"keep": 2}}])
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0

    assert len(workspace.results()) == 2
    told = workspace.sidecar(workspace.results()[0])
    (missing,) = told["set"]["missing"]
    assert (missing["n"], told["cost"]) == (3, "0.06")
    assert "OutputImageSensitiveContentDetected" in missing["why"]
