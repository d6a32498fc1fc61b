"""Names the type of a file by its first bytes, never by its name."""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 512
"""How many first bytes `sniff` wants; fewer only where the file is shorter."""


class Kind(NamedTuple):
    """How a type is called in a message, and the extension of a file of that type."""

    name: str
    extension: str


KINDS = {
    "image/jpeg": Kind("JPEG", "jpeg"),
    "image/png": Kind("PNG", "png"),
    "image/webp": Kind("WebP", "webp"),
    "image/bmp": Kind("BMP", "bmp"),
    "image/gif": Kind("GIF", "gif"),
    "image/tiff": Kind("TIFF", "tiff"),
    "image/avif": Kind("AVIF", "avif"),
    "image/heic": Kind("HEIC", "heic"),
    "image/heif": Kind("HEIF", "heif"),
    "image/jxl": Kind("JPEG XL", "jxl"),
    "image/jp2": Kind("JPEG 2000", "jp2"),
    "image/svg+xml": Kind("SVG", "svg"),
    "image/vnd.adobe.photoshop": Kind("Photoshop", "psd"),
    "image/x-camera-raw": Kind("camera raw", "raw"),
    "application/postscript": Kind("EPS or PostScript", "eps"),
    "application/pdf": Kind("PDF", "pdf"),
    "application/zip": Kind("ZIP", "zip"),
    "application/json": Kind("JSON", "json"),
    "application/xml": Kind("XML", "xml"),
    "text/html": Kind("HTML", "html"),
    "video/mp4": Kind("MP4", "mp4"),
    "video/quicktime": Kind("QuickTime", "mov"),
    "video/webm": Kind("WebM", "webm"),
    "video/x-msvideo": Kind("AVI", "avi"),
}

READABLE = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/gif": "GIF",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
}
"""The types that are decoded, with the name Pillow has for each (promises.md T5)."""

_PREFIXES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"%PDF-", "application/pdf"),
    (b"%!PS", "application/postscript"),
    (b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}
_BMP_HEADER_BYTES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_HEIF_BRANDS = frozenset({b"mif1", b"msf1"})
_MP4_BRANDS = frozenset(
    {b"isom", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", *(b"iso%d" % n for n in range(2, 10))}
)
_HTML_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")


def sniff(head: bytes) -> str | None:
    """The media type that the first `HEAD_BYTES` of a file show; None: none that is known here.

    A head that is too short to tell is None, never another type: the rest may still be coming.
    """
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            is_raw = media_type == "image/tiff" and head[8:10] == b"CR"
            return "image/x-camera-raw" if is_raw else media_type
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head.startswith(b"BM"):
        is_bmp = int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES
        return "image/bmp" if is_bmp else None
    if head[4:8] == b"ftyp":
        return _sniff_brands(head)
    return _sniff_text(head)


def _sniff_brands(head: bytes) -> str | None:
    """A file of boxes (ISO 14496-12): the brands of its first box tell what it is."""
    size = int.from_bytes(head[:4], "big")
    if len(head) < min(size, HEAD_BYTES):
        return None
    major = head[8:12]
    brands = {major, *(head[start : start + 4] for start in range(16, min(size, len(head)), 4))}
    if major == b"crx ":
        return "image/x-camera-raw"
    if major == b"qt  ":
        return "video/quicktime"
    if major in _HEIC_BRANDS:
        return "image/heic"
    for known, media_type in (
        (_AVIF_BRANDS, "image/avif"),
        (_HEIC_BRANDS, "image/heic"),
        (_HEIF_BRANDS, "image/heif"),
        (_MP4_BRANDS, "video/mp4"),
    ):
        if brands & known:
            return media_type
    return None


def _sniff_text(head: bytes) -> str | None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_HTML_STARTS):
        return "text/html"
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        return "image/svg+xml" if b"<svg" in text or b"doctype svg" in text else "application/xml"
    if text.startswith(b"{") and text[1:].lstrip().startswith(b'"'):
        return "application/json"
    return None


def extension(media_type: str) -> str:
    """The extension, without a dot, of a file of this type; `bin` for one not known here."""
    kind = KINDS.get(media_type)
    return kind.extension if kind else "bin"


def name(media_type: str) -> str:
    """How a person calls this type; the media type itself for one not known here."""
    kind = KINDS.get(media_type)
    return kind.name if kind else media_type
