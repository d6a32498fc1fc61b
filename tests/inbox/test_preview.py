"""The preview: the same decisions as the watch, without a store and without a wait."""

from __future__ import annotations

from seedwatch.inbox.preview import preview
from seedwatch.records import PastJob
from tests.inbox.conftest import MakeStage
from tests.inbox.stage import Stage, picture


def _previewed(stage: Stage, *only: str) -> dict[str, str]:
    settings = stage.settings()
    found = {}
    for shown in preview(settings.folders[0], settings, only=only):
        if shown.job is None:
            found[shown.path] = f"- {shown.why}"
        else:
            prompts = [task.generation.prompt for task in shown.job.tasks]
            found[shown.path] = f"! {shown.job.error.message}" if shown.job.error else str(prompts)
    return found


def test_it_shows_what_would_come(make_stage: MakeStage) -> None:
    """Inputs with their tasks, failures with their reason, strangers with why they stay."""
    stage = make_stage(rule={"pair": True, "prompt": ["{text}, snow", "{text}, rain"]})
    stage.drop("a.jpg")
    stage.drop("a.txt", "a cat")
    stage.drop("lone.txt", "a dog")
    stage.drop("sub/rule.yaml", "pair: false\nprompt: ice\n")
    stage.drop("sub/b.jpg")
    stage.drop("sub/thin.jpg", picture(400, 40))
    stage.drop("broken/rule.yaml", "prompt: [\n")
    stage.drop("broken/c.jpg")
    stage.drop("notes.docx", b"PK\x03\x04")
    before = sorted(path.name for path in stage.inbox.rglob("*"))

    found = _previewed(stage)

    assert found["a.jpg"] == "['a cat, snow', 'a cat, rain']"
    assert found["sub/b.jpg"] == "['ice']"
    assert found["sub/thin.jpg"].startswith("! ")
    assert found["lone.txt"].startswith("- ")
    assert "rule.yaml" in found["broken/c.jpg"]
    assert found["notes.docx"].startswith("- ")
    assert sorted(path.name for path in stage.inbox.rglob("*")) == before


def test_it_can_be_narrowed(make_stage: MakeStage) -> None:
    """A path, a member of a source, or a directory is all that is shown."""
    stage = make_stage()
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        stage.drop(name)

    assert list(_previewed(stage, "a.jpg")) == ["a.jpg"]
    assert list(_previewed(stage, "sub")) == ["sub/c.jpg"]


def test_it_knows_the_past(make_stage: MakeStage) -> None:
    """What would be held as seen before, or is left to do after a failure, is shown as such."""
    stage = make_stage(rule={"prompt": ["snow", "rain"]})
    stage.drop("a.jpg")
    settings = stage.settings()
    (first,) = preview(settings.folders[0], settings)
    assert first.job is not None
    sha256, keys = first.job.source.sha256, [task.key for task in first.job.tasks]
    (stage.base / "done" / "a.jpg").touch()

    for outcome, wanted in (("done", ["seen-before", "seen-before"]), ("failed", [None])):
        past = PastJob(1, sha256, outcome, "a.jpg", {keys[0]: 1})  # type: ignore[arg-type]  # both are outcomes
        (shown,) = preview(settings.folders[0], settings, history={"a.jpg": past})
        assert shown.job is not None
        assert [task.hold for task in shown.job.tasks] == wanted
