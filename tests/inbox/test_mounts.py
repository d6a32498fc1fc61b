"""An inbox on a share that is really mounted, pulled, replaced and turned read-only."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.paths import Root, RootAwayError
from tests.fakes.mounts import Server
from tests.inbox.conftest import MakeStage
from tests.inbox.stage import Stage, picture

pytestmark = pytest.mark.anyio


@pytest.fixture
def stage(make_stage: MakeStage, server: Server) -> Stage:
    stage = make_stage()
    server.mount("inbox", stage.inbox)
    return stage


@pytest.mark.fault(20)
async def test_a_share_that_is_not_mounted_at_the_start(stage: Stage, server: Server) -> None:
    """Known, but not mounted: nothing is taken, made or gone; mounted, it goes on by itself."""
    stage.drop("a.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
    server.pull(stage.inbox)
    stage.drop("stranger.jpg")
    async with stage.watching() as at_work:
        await at_work.until_state("unavailable")
        at_work.watch.rescan()
        await at_work.until(lambda: at_work.watch.is_idle)
        assert [path.name for path in stage.inbox.iterdir()] == ["stranger.jpg"]
        assert at_work.outcome().sources == {"a.jpg": ("ready",)}
        server.mount("inbox", stage.inbox)
        stage.drop("b.jpg")
        assert await at_work.until_recorded(2) == ["a.jpg", "b.jpg"]


@pytest.mark.fault(21)
async def test_a_share_that_is_pulled_again_and_again(stage: Stage, server: Server) -> None:
    """Each time it is noticed, changes no row and leaves nothing below; then it goes on.

    Breaks if the marker were not asked before a look counts.
    """
    async with stage.watching() as at_work:
        for number in range(5):
            stage.drop(f"{number}.jpg")
            await at_work.until_recorded(number + 1)
            server.pull(stage.inbox)
            await at_work.until_state("unavailable")
            assert list(stage.inbox.iterdir()) == []
            assert set(at_work.outcome().sources.values()) == {("ready",)}
            server.mount("inbox", stage.inbox)
            await at_work.until_state("ok")


@pytest.mark.fault(22)
async def test_another_share_at_the_same_path(stage: Stage, server: Server) -> None:
    """A share with somebody else's marker is foreign, one without any is away."""
    (server.share("other") / ".seedwatch").write_text('{"id": "x", "install": "y"}')
    async with stage.watching() as at_work:
        stage.drop("a.jpg")
        await at_work.until_recorded(1)
        server.pull(stage.inbox)
        server.mount("other", stage.inbox)
        stage.drop("theirs.jpg")
        await at_work.until_state("foreign")
        server.mount("empty", stage.inbox)
        stage.drop("nobodys.jpg")
        await at_work.until_state("unavailable")
        assert at_work.outcome().sources == {"a.jpg": ("ready",)}
        server.pull(stage.inbox)
        server.pull(stage.inbox)
        server.mount("inbox", stage.inbox)
        await at_work.until_state("ok")
        assert at_work.outcome().sources == {"a.jpg": ("ready",)}


@pytest.mark.fault(16)
async def test_a_share_that_turns_read_only(stage: Stage, server: Server) -> None:
    """Read-only, it is left alone with a sentence, and goes on when it may be written again."""
    async with stage.watching() as at_work:
        await at_work.until_state("ok")
        server.protect(stage.inbox, is_read_only=True)
        await at_work.until_state("read-only")
        assert at_work.watch.is_stopped
        assert str(stage.inbox) in at_work.report().message
        server.protect(stage.inbox, is_read_only=False)
        stage.drop("a.jpg")
        await at_work.until_recorded(1)


@pytest.mark.fault(21)
@pytest.mark.parametrize("kind", ["bind", "tmpfs"])
async def test_nothing_is_done_in_a_directory_that_took_the_place(
    tmp_path: Path, server: Server, kind: str
) -> None:
    """Whatever is begun after the right directory was made sure of is not done in another one.

    Breaks if steps opened the root without comparing its device and inode.
    """
    point = tmp_path / "mnt"
    point.mkdir()
    if kind == "bind":
        server.mount("x", point)
    else:
        server.mount_tmpfs(point)
    (point / "source.png").write_bytes(picture())
    elsewhere = Root(server.share("elsewhere"))
    status = point.stat()
    root = Root(point, key=(status.st_dev, status.st_ino))
    root.write_new("before", [b"x"])
    server.pull(point)
    (point / "below.png").write_bytes(b"not yours")

    for step in (
        lambda: root.write_new("deep/after", [b"x"]),
        lambda: root.replace_small("card", b"x"),
        lambda: root.make_directory("made"),
        lambda: root.unlink("below.png"),
        lambda: root.move("below.png", elsewhere, "moved"),
        lambda: elsewhere.move("nothing", root, "moved"),
        lambda: root.identity("source.png"),
        lambda: root.exists("source.png"),
        root.names,
    ):
        with pytest.raises(RootAwayError):
            step()
    assert [path.name for path in point.iterdir()] == ["below.png"]
