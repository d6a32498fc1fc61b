"""Writes a prompt on a picture in letters the installed fonts can really draw."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

from PIL import ImageDraw, ImageFont

# Usual CJK fonts of Linux, Windows and macOS; Pillow looks in each system's font folders.
_CJK_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "msyh.ttc",
    "simhei.ttf",
    "simsun.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Medium.ttc",
    "Arial Unicode.ttf",
)
_UNASSIGNED = "\U0010fffe"
_LONGEST_PROMPT = 600
"""Characters of a prompt that are laid out; more would not fit on a picture anyway."""


def write_block(
    draw: ImageDraw.ImageDraw, text: str, *, box: tuple[int, int, int, int], letter_px: int
) -> None:
    """Write `text` in white, wrapped, into box (left, top, right, bottom); what is over is cut."""
    shown, font = legible(text[:_LONGEST_PROMPT], letter_px)
    left, top, right, bottom = box
    line_px = letter_px + letter_px // 4
    room = max(1, (bottom - top) // line_px)
    lines = _wrap(shown, font, right - left)
    for row, line in enumerate(lines[:room]):
        is_cut = row == room - 1 and len(lines) > room
        ending = "..." if is_cut else ""
        draw.text((left, top + row * line_px), line + ending, font=font, fill="white")


def legible(text: str, letter_px: int) -> tuple[str, ImageFont.FreeTypeFont]:
    r"""The text as it can be drawn, and the font for it.

    Pillow's own font if it has every letter, else a CJK font of the system if one is installed;
    letters that neither has become code points like \u4e2d.
    """
    spaced = " ".join(text.split())
    own = _own_font(letter_px)
    if all(_has_glyph(letter) for letter in spaced):
        return spaced, own
    path = _cjk_font_path()
    if path is not None:
        font = ImageFont.truetype(path, letter_px)
        return "".join(c if c.isprintable() else _escaped(c) for c in spaced), font
    return "".join(c if _has_glyph(c) else _escaped(c) for c in spaced), own


@lru_cache(maxsize=32)
def _own_font(letter_px: int) -> ImageFont.FreeTypeFont:
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(letter_px))


@lru_cache(maxsize=1)
def _cjk_font_path() -> str | None:
    for name in _CJK_FONTS:
        try:
            return str(ImageFont.truetype(name, 16).path)
        except OSError:
            continue
    return None


@lru_cache(maxsize=8192)
def _has_glyph(letter: str) -> bool:
    # A font draws the same box for every letter it lacks, an unassigned one included.
    if not letter.isprintable():
        return False
    font = _own_font(16)
    missing, drawn = font.getmask(_UNASSIGNED), font.getmask(letter)
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}"


def _wrap(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= width_px:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, font, width_px)
        lines.extend(full)
    return [*lines, line]


def _broken(word: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and font.getlength(piece + letter) > width_px:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]
