"""APIMart's uploads: looked at by content, fetched and used by their URL until it ends."""

from __future__ import annotations

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from seedwatch.simulator.references import Reference
from seedwatch.simulator.results import ResultStore
from seedwatch.simulator.uploads import Upload, UploadStore
from tests.simulator.apimart_calls import UPLOADS, pixels, submit, upload, uploaded
from tests.simulator.calls import call, download, encoded
from tests.simulator.clock import Clock
from tests.simulator.video_calls import timed_simulator

_MIB = 1024 * 1024


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif"])
def test_pictures_are_known_by_their_content(sim: RunningSimulator, kind: str) -> None:
    """The answer tells the real type, not the declared one, and is not wrapped."""
    content = encoded(Image.new("RGB", (32, 32)), kind)
    answer = upload(sim.url, content, "我的 photo.bin").json()
    assert set(answer) == {"url", "filename", "content_type", "bytes", "created_at"}
    assert (answer["content_type"], answer["bytes"]) == (f"image/{kind}", len(content))
    reply = download(answer["url"])
    assert (reply.headers["content-type"], reply.body) == (f"image/{kind}", content)
    assert sim.ledger() == []


def test_the_file_name_comes_back(sim: RunningSimulator) -> None:
    """The answer has the name that was sent."""
    assert upload(sim.url, pixels(), "photo of a fox.png").json()["filename"] == (
        "photo of a fox.png"
    )


def test_what_is_no_picture_is_refused(sim: RunningSimulator) -> None:
    """Other types, other parts, other bodies and other keys are refused."""
    assert upload(sim.url, b"%PDF-1.7").error["type"] == "invalid_request_error"
    assert upload(sim.url, encoded(Image.new("RGB", (32, 32)), "bmp")).status == 400
    assert upload(sim.url, pixels(), name="image").status == 400
    assert upload(sim.url, pixels(), key="invalid").status == 401
    headers = {"Authorization": "Bearer key", "Content-Type": "image/png"}
    assert call(sim.url, "POST", UPLOADS, pixels(), headers).status == 400


def test_uploads_over_20_mb_are_refused(sim: RunningSimulator) -> None:
    """20 MB are taken, one byte more is a 413, however large."""
    head = pixels()
    assert upload(sim.url, head.ljust(20 * _MIB, b"\0")).status == 200
    assert upload(sim.url, head.ljust(20 * _MIB + 1, b"\0")).status == 413
    assert upload(sim.url, head.ljust(21 * _MIB, b"\0")).status == 413


def test_a_generation_checks_what_was_uploaded(sim: RunningSimulator) -> None:
    """Uploads that the model does not take are refused then: type, shape, weight, damage."""
    webp = uploaded(sim.url, encoded(Image.new("RGB", (64, 64)), "webp"))
    strip = uploaded(sim.url, pixels(size=(20, 61)))
    heavy = uploaded(sim.url, pixels().ljust(11 * _MIB, b"\0"))
    damaged = uploaded(sim.url, pixels()[:60])
    for link in (webp, strip, heavy, damaged, f"{webp}x", webp.partition("?")[0]):
        reply = submit(sim.url, image_urls=[link])
        assert (reply.status, reply.error["param"]) == (400, "image_urls[0]")
    assert submit(sim.url, model="gpt-image-2", image_urls=[webp]).status == 200


def test_uploads_live_three_days() -> None:
    """After 72 h the URL is a 403, and a generation that names it a 400."""
    with timed_simulator(0) as (simulator, clock):
        link = uploaded(simulator.url, pixels())
        clock.now += 72 * 3600 - 1
        assert download(link).status == 200
        assert submit(simulator.url, image_urls=[link]).status == 200
        clock.now += 2
        assert download(link).status == 403
        assert submit(simulator.url, image_urls=[link]).status == 400


def test_only_the_newest_uploads_are_kept() -> None:
    """Memory stays bounded: beyond 256 MB the oldest upload is gone."""
    store = UploadStore(ResultStore(Clock()), "uploads")
    links = [store.add(Upload(Reference(str(n)), None, 100 * _MIB), b"", "png") for n in range(3)]
    found = [store.find(f"http://127.0.0.1{link}") for link in links]
    assert [upload is None for upload in found] == [True, False, False]
