"""Reads `content` of an Ark video request: text, frames, references, a draft (protocols.md 3.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.simulator.ark_errors import ArkRefusal, invalid, missing
from seedwatch.simulator.ark_inputs import check_image_url
from seedwatch.simulator.ark_video_models import Scene, VideoRules
from seedwatch.simulator.picture_limits import is_web_url, unread
from seedwatch.simulator.references import Reference

_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "image_url": ("first_frame", "last_frame", "reference_image"),
    "video_url": ("reference_video",),
    "audio_url": ("reference_audio",),
}
_ASSET: Final = "asset://"
_SOUND_HEADS: Final = (b"RIFF", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")
_MAX_SOUND_BYTES: Final = 15 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Medium:
    """One input file: `kind` is the type of its entry, `role` what it is for."""

    kind: str
    role: str | None
    reference: Reference


@dataclass(frozen=True, slots=True)
class Content:
    """All of `content`.

    Attributes:
        media: in the order of the request.
        draft_id: the task whose draft is to be finished.
    """

    scene: Scene
    text: str
    media: tuple[Medium, ...]
    draft_id: str | None = None


def check_content(given: Any, rules: VideoRules) -> Content:
    """Check every entry, then that they make one scene that the model has.

    Raises:
        ArkRefusal: names the entry in `param`.
    """
    if given is None:
        raise missing("content")
    if not isinstance(given, list) or not given:
        raise invalid("content", "a list with at least one entry is expected")
    texts: list[str] = []
    drafts: list[str] = []
    media: list[Medium] = []
    for number, entry in enumerate(given):
        where = f"content[{number}]"
        kind = entry.get("type") if isinstance(entry, dict) else None
        if kind == "text":
            texts.append(_text(where, entry))
        elif kind == "draft_task":
            drafts.append(_inner(where, entry, kind, "id"))
        elif isinstance(kind, str) and kind in _ROLES:
            media.append(_medium(where, kind, entry, rules))
        else:
            known = ", ".join(f"`{name}`" for name in ("text", *_ROLES, "draft_task"))
            raise invalid(f"{where}.type", f"it must be one of {known}")
    scene = _scene(media, drafts, rules)
    text = "\n".join(texts)
    if scene == "text" and not text.strip():
        raise missing("content.text")
    return Content(scene, text, tuple(media), drafts[0] if drafts else None)


def _text(where: str, entry: Mapping[str, Any]) -> str:
    text = entry.get("text")
    if not isinstance(text, str):
        raise invalid(f"{where}.text", "a string is expected")
    return text


def _inner(where: str, entry: Mapping[str, Any], kind: str, name: str) -> str:
    inner = entry.get(kind)
    value = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(value, str):
        raise invalid(f"{where}.{kind}.{name}", "a string is expected")
    return value


def _medium(where: str, kind: str, entry: Mapping[str, Any], rules: VideoRules) -> Medium:
    param = f"{where}.{kind}.url"
    role = entry.get("role")
    if role is not None and role not in _ROLES[kind]:
        known = ", ".join(f"`{name}`" for name in _ROLES[kind])
        raise invalid(f"{where}.role", f"it must be one of {known}")
    url = _inner(where, entry, kind, "url")
    if url.startswith(_ASSET) and url != _ASSET:
        return Medium(kind, role, unread(url))
    if kind == "image_url":
        return Medium(kind, role, check_image_url(param, url, rules.images)[0])
    if kind == "audio_url" and url.startswith("data:"):
        return Medium(kind, role, _sound(param, url))
    if not is_web_url(url):
        raise invalid(param, "an http(s) URL or asset://ID is expected")
    return Medium(kind, role, unread(url))


def _sound(param: str, uri: str) -> Reference:
    head, _, text = uri.partition(",")
    if head not in ("data:audio/wav;base64", "data:audio/mp3;base64"):
        raise invalid(param, "the audio must be wav or mp3")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(param, "invalid base64 data") from error
    if len(content) > _MAX_SOUND_BYTES:
        raise invalid(param, "audio size must be at most 15 MB")
    if not content.startswith(_SOUND_HEADS):
        raise invalid(param, "the audio cannot be decoded")
    return Reference(hashlib.sha256(content).hexdigest())


def _scene(media: Sequence[Medium], drafts: Sequence[str], rules: VideoRules) -> Scene:
    scene = _scene_of(media, drafts, rules)
    if scene not in rules.scenes:
        name = {"text": "text to video", "first_last": "a first and a last frame"}.get(scene, scene)
        raise invalid("content", f"{name} is not supported by the current model")
    if scene == "references":
        _check_references(media, rules)
    return scene


def _scene_of(media: Sequence[Medium], drafts: Sequence[str], rules: VideoRules) -> Scene:
    roles = sorted(medium.role or "" for medium in media)
    if drafts:
        if media or len(drafts) > 1:
            raise _mixed()
        return "draft"
    if not media:
        return "text"
    if roles == ["first_frame", "last_frame"]:
        return "first_last"
    if roles == ["first_frame"] or (roles == [""] and media[0].kind == "image_url"):
        if roles == [""] and rules.needs_adaptive:
            raise invalid("content[].role", "the current model needs the role `first_frame`")
        return "first"
    if any(role in {"", "first_frame", "last_frame"} for role in roles):
        raise _mixed()
    return "references"


def _mixed() -> ArkRefusal:
    return invalid(
        "content",
        "first frame, first and last frame, and references exclude each other, and every image "
        "beside the first frame needs its role",
    )


def _check_references(media: Sequence[Medium], rules: VideoRules) -> None:
    kinds = [medium.kind for medium in media]
    for kind, most in zip(_ROLES, rules.references, strict=True):
        if kinds.count(kind) > most:
            raise invalid("content", f"the number of `{kind}` entries must be at most {most}")
    if set(kinds) == {"audio_url"} and not rules.takes_sound_alone:
        raise invalid("content", "reference audio needs an image or a video beside it")
