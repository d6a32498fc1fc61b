"""rule.yaml in an inbox: which applies, what a broken one stops, and how that is said."""

from __future__ import annotations

import asyncio
import sys

import pytest

from seedwatch.inbox import scanner
from tests.inbox.conftest import MakeStage

pytestmark = pytest.mark.anyio


async def test_the_nearest_rule_wins(make_stage: MakeStage) -> None:
    """A rule.yaml counts for its directory and below, over the one above it."""
    stage = make_stage()
    stage.drop("rule.yaml", "prompt: inbox\n")
    stage.drop("sub/rule.yaml", "prompt: sub\n")
    for name in ("a.jpg", "sub/b.jpg", "sub/deep/c.jpg", "other/d.jpg"):
        stage.drop(name)
    async with stage.watching() as at_work:
        await at_work.until_recorded(4)
        prompts = at_work.outcome().prompts

    assert prompts == {
        "a.jpg": ("inbox",),
        "sub/b.jpg": ("sub",),
        "sub/deep/c.jpg": ("sub",),
        "other/d.jpg": ("inbox",),
    }


async def test_a_broken_rule_stops_only_its_folder(make_stage: MakeStage) -> None:
    """A broken rule.yaml stops its own subtree and says so; mended or deleted, work goes on."""
    stage = make_stage()
    rule = stage.drop("sub/rule.yaml", "prompt: [unclosed\nmodel: x: y\n")
    error = stage.inbox / "sub" / "rule.yaml.error.txt"
    stage.drop("sub/a.jpg")
    stage.drop("b.jpg")
    async with stage.watching() as at_work:
        assert await at_work.until_recorded(1) == ["b.jpg"]
        await at_work.until_state("rule-error")
        assert not at_work.watch.is_stopped
        assert "rule.yaml:" in at_work.report().message
        await at_work.until(error.exists)
        assert "rule.yaml:" in error.read_text("utf-8")

        rule.write_text("prompt: snow\n")
        at_work.watch.rescan()
        assert await at_work.until_recorded(2) == ["b.jpg", "sub/a.jpg"]
        await at_work.until_state("ok")
        await at_work.until(lambda: not error.exists())

        rule.unlink()
        await at_work.until(lambda: at_work.watch.is_idle)
        stage.drop("sub/c.jpg")
        await at_work.until_recorded(3)
        assert at_work.outcome().prompts["sub/a.jpg"] == ("snow",)
        assert at_work.outcome().prompts["sub/c.jpg"] == ("make it rain",)


async def test_a_broken_rule_at_the_top_stops_the_inbox(make_stage: MakeStage) -> None:
    """Nothing is taken, nothing is lost, nothing of the folder is claimed; idle all the same."""
    stage = make_stage()
    stage.drop("rule.yaml", "account: other\n")
    stage.drop("a.jpg")
    async with stage.watching(until_idle=True) as at_work:
        await at_work.until_state("rule-error")
        await at_work.until(lambda: at_work.watch.is_idle)
        assert at_work.watch.is_stopped
        assert at_work.paths() == []
        assert at_work.report().waiting_count == 1
        (stage.inbox / "rule.yaml").unlink()
        await at_work.until_recorded(1)
        assert not at_work.watch.is_stopped


async def test_a_rule_that_says_nothing_is_missing(make_stage: MakeStage) -> None:
    """Without a model there is no rule: the folder says so, and has no file to put it beside."""
    stage = make_stage(rule={"model": None})
    stage.drop("a.jpg")
    async with stage.watching() as at_work:
        await at_work.until_state("rule-error")
        assert "model" in at_work.report().message
        assert {path.name for path in stage.inbox.iterdir()} == {
            ".seedwatch",
            ".seedwatch-lease",
            "a.jpg",
        }
        stage.drop("rule.yaml", "model: doubao-seedream-4-0-250828\n")
        await at_work.until_recorded(1)


async def test_a_rule_in_two_parts(make_stage: MakeStage) -> None:
    """A rule.yaml that is still being written is neither used nor called broken.

    Breaks if a rule counted from the moment it is seen.
    """
    stage = make_stage(folder={"settle": "400ms"})
    stage.drop("a.jpg")
    async with stage.watching() as at_work:
        with (stage.inbox / "rule.yaml").open("w") as file:
            file.write("prompt: [half,\n")
            file.flush()
            await at_work.until(lambda: bool(at_work.watch._arrivals.book.files()))
            await asyncio.sleep(0.15)
            file.write(" whole]\nsize: 4K\n")
        await at_work.until_recorded(1)
        assert {report.state for report in at_work.store.reports} == {"ok"}

    assert stage.rows("SELECT json_extract(generation, '$.size') FROM tasks") == [
        ("4K",),
        ("4K",),
    ]


async def test_a_new_rule_looks_again_at_what_was_left_alone(make_stage: MakeStage) -> None:
    """What was no input under the old rule may be one under the new one; jobs keep theirs."""
    stage = make_stage()
    stage.drop("a.jpg")
    stage.drop("p.txt", "a cat")
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        await at_work.until(lambda: "p.txt" in at_work.outcome().ignored)
        stage.drop("rule.yaml", "mode: text-to-image\nprompt: '{text}'\n")
        await at_work.until_recorded(2)
        assert at_work.outcome().prompts == {"a.jpg": ("make it rain",), "p.txt": ("a cat",)}


async def test_rules_can_be_switched_off(make_stage: MakeStage) -> None:
    """With `folder_rules: off` a rule.yaml is neither read nor an input."""
    stage = make_stage(folder={"folder_rules": "off"})
    stage.drop("rule.yaml", "][")
    stage.drop("sub/rule.yaml", "prompt: snow\n")
    stage.drop("sub/a.jpg")
    async with stage.watching() as at_work:
        assert await at_work.until_recorded(1) == ["sub/a.jpg"]
        assert at_work.outcome().prompts["sub/a.jpg"] == ("make it rain",)
        assert at_work.report().state == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
async def test_a_linked_rule_is_refused(make_stage: MakeStage) -> None:
    """A rule.yaml that is a link is neither followed nor passed over."""
    stage = make_stage()
    elsewhere = stage.base / "elsewhere.yaml"
    elsewhere.write_text("prompt: snow\n")
    (stage.inbox / "rule.yaml").symlink_to(elsewhere)
    stage.drop("a.jpg")
    async with stage.watching() as at_work:
        await at_work.until_state("rule-error")
        assert at_work.paths() == []


async def test_a_changed_reference_is_a_new_revision(make_stage: MakeStage) -> None:
    """A reference that is replaced counts from then on; the file stays no input."""
    stage = make_stage()
    brand = stage.drop("brand.png", b"first")
    stage.drop("rule.yaml", "references: [brand.png]\n")
    stage.drop("a.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        brand.unlink()
        stage.drop("brand.png", b"second")
        await at_work.until(lambda: at_work.watch.is_idle)
        stage.drop("b.jpg")
        assert await at_work.until_recorded(2) == ["a.jpg", "b.jpg"]

    assert len(stage.rows("SELECT DISTINCT rule FROM jobs")) == 2


async def test_a_rule_edited_in_place_is_noticed_by_polling(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Editing a rule.yaml moves no directory; it is looked at all the same.

    Breaks if only directories were asked whether they changed.
    """
    monkeypatch.setattr(scanner, "_CLEAN_AFTER_S", 0.2)
    stage = make_stage()
    rule = stage.drop("rule.yaml", "prompt: snow\n")
    stage.drop("sub/notes.txt", "no input")
    async with stage.watching() as at_work:
        await at_work.until(lambda: at_work.watch.is_idle)
        await at_work.until(lambda: not at_work.watch._arrivals.scanner.needs_another_look())
        with rule.open("r+") as file:
            file.write("prompt: rain\n")
        await at_work.until(lambda: at_work.watch._arrivals.book.due_at() is not None)
        stage.drop("sub/a.jpg")
        await at_work.until_recorded(1)
        assert at_work.outcome().prompts["sub/a.jpg"] == ("rain",)
