"""The picture maker: exact sizes, any text, little work."""

from __future__ import annotations

import time

import pytest
from PIL import Image

from seedwatch.simulator.lettering import legible
from seedwatch.simulator.pictures import Picture, PictureMaker, draw_picture
from seedwatch.simulator.references import Reference
from tests.simulator.calls import encoded, opened


@pytest.mark.parametrize(
    ("size", "kind"),
    [((1, 1), "jpeg"), ((15, 240), "png"), ((8192, 512), "jpeg"), ((511, 8176), "jpeg")],
)
def test_every_size_is_drawn_exactly(size: tuple[int, int], kind: str) -> None:
    """From one pixel to long strips: the picture has the size asked for."""
    picture = Picture(*size, "a prompt", "m", format="png" if kind == "png" else "jpeg")
    image = opened(draw_picture(picture))
    assert (image.size, (image.format or "").lower()) == (size, kind)


@pytest.mark.parametrize(
    "prompt",
    [
        "红狐狸在雪地里",
        "キツネ",
        "🦊",
        "\x1b[31m\u202e\x00",
        "\ud800",
        "a" * 70_000,
        "\n\t ",
        "é ß ж",
    ],
)
def test_any_text_can_be_drawn(prompt: str) -> None:
    """No prompt makes the drawing fail, whatever fonts there are."""
    assert opened(draw_picture(Picture(512, 512, prompt, "m"))).size == (512, 512)


def test_letters_without_a_font_become_code_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a CJK font its letters are written as code points; Latin ones stay."""
    monkeypatch.setattr("seedwatch.simulator.lettering._cjk_font_path", lambda: None)
    assert legible("fox 狐\n!", 16)[0] == "fox \\u72d0 !"


def test_a_system_font_is_used_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With a CJK font the text stays as it is, except what cannot be printed at all."""
    from PIL import ImageFont  # noqa: PLC0415 - only this test needs a font file

    stored = tmp_path_factory.mktemp("font") / "any.ttf"
    own = ImageFont.load_default(16)
    assert isinstance(own, ImageFont.FreeTypeFont)
    stored.write_bytes(own.font_bytes)
    monkeypatch.setattr("seedwatch.simulator.lettering._cjk_font_path", lambda: str(stored))
    assert legible("fox 狐\x1b", 16)[0] == "fox 狐\\u001b"


def test_a_4_megapixel_picture_is_cheap() -> None:
    """contract.md 5 promises less than 100 ms of CPU; the test allows for slow machines."""
    stored = encoded(Image.effect_noise((384, 384), 60).convert("RGB"), "jpeg")
    draw_picture(Picture(2048, 2048, "warm up", "m"))
    costs_s = []
    for number in range(3):
        references = (Reference(str(number), (384, 384), stored),) * 2
        picture = Picture(2048, 2048, "a prompt of usual length " * 8, "m", references)
        before_s = time.thread_time()
        draw_picture(picture)
        costs_s.append(time.thread_time() - before_s)
    assert min(costs_s) < 0.3


def test_pictures_are_kept_until_the_room_is_full() -> None:
    """A second request costs no drawing; the oldest picture makes room for a new one."""
    first, second = (Picture(256, 256, prompt, "m") for prompt in "ab")
    maker = PictureMaker(cache_bytes=len(draw_picture(first)) + 10)
    drawn = maker.draw(first)
    assert maker.draw(first) is drawn
    maker.draw(second)
    again = maker.draw(first)
    assert again is not drawn
    assert again == drawn
