"""Checks the fields of an Ark video request beside model and content (protocols.md 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from seedwatch.simulator.ark_errors import invalid
from seedwatch.simulator.ark_options import MAX_SEED
from seedwatch.simulator.ark_video_models import Scene, VideoRules
from seedwatch.simulator.fields import Fields
from seedwatch.simulator.picture_limits import is_web_url
from seedwatch.simulator.video_sizes import ADAPTIVE, RATIOS

UNSUPPORTED: Final = "InvalidParameter.UnsupportedParameter"
MISMATCH: Final = "InvalidParameter.TaskTypeMismatch"
DRAFT_RESOLUTION: Final = "480p"
_MAX_IDENTIFIER: Final = 64
_FRAMES: Final = (29, 289)
DEFAULT_EXPIRY_S: Final = 172_800

Check = Callable[[Fields, str, VideoRules], object]
"""Raises ArkRefusal if the field of that name, which is there, has a wrong value."""


def check_field(name: str, given: Mapping[str, Any], rules: VideoRules) -> None:
    """Check one field by itself.

    Raises:
        ArkRefusal: the model does not have it, or its value is wrong.
    """
    if name not in rules.allowed_fields:
        raise invalid(name, f"`{name}` is not supported by the current model", UNSUPPORTED)
    _CHECKS[name](Fields(given, invalid), name, rules)


def check_together(
    given: Mapping[str, Any], rules: VideoRules, scene: Scene, kinds: Sequence[str]
) -> None:
    """Check what depends on the scene; `kinds` are the types of all media.

    Raises:
        ArkRefusal: two parts of the request exclude each other.
    """
    if not rules.is_adaptive_by_default and scene == "text" and given.get("ratio") == ADAPTIVE:
        raise invalid("ratio", "text to video does not take `adaptive` with the current model")
    if given.get("camera_fixed") and scene == "references":
        raise invalid("camera_fixed", "it cannot be used with reference images")
    kind = given.get("omni_reference_task_type", "auto")
    if kind != "auto" and scene != "references":
        raise invalid("omni_reference_task_type", "it needs references", MISMATCH)
    if kind in {"edit", "extend"} and "video_url" not in kinds:
        raise invalid("omni_reference_task_type", f"`{kind}` needs a reference video", MISMATCH)
    if given.get("draft"):
        _check_draft(given, rules)


def late_error(given: Mapping[str, Any], rules: VideoRules, scene: Scene) -> tuple[str, str] | None:
    """Code and message of a mistake that the service finds only after queueing (2.5)."""
    is_bound = scene in {"first", "first_last"} or given.get("omni_reference_task_type") in {
        "edit",
        "extend",
    }
    if not rules.needs_adaptive or not is_bound or given.get("ratio", ADAPTIVE) == ADAPTIVE:
        return None
    reason = "The ratio must be `adaptive` for this type of task."
    return "InvalidParameter.TaskTypeConstraint", reason


def _flag(fields: Fields, name: str, _: VideoRules) -> None:
    fields.flag(name, default=False)


def _resolution(fields: Fields, name: str, rules: VideoRules) -> None:
    fields.choice(name, tuple(rules.sizes))


def _choice(*known: str) -> Check:
    return lambda fields, name, _: fields.choice(name, known)


def _whole(low: int, high: int) -> Check:
    return lambda fields, name, _: fields.whole(name, low, high, default=low)


def _duration(fields: Fields, name: str, rules: VideoRules) -> None:
    low, high = rules.durations
    value = fields.given[name]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if is_whole and (low <= value <= high or (value == -1 and rules.may_choose_duration)):
        return
    choice = " or -1" if rules.may_choose_duration else ""
    raise invalid(name, f"it must be an integer between {low} and {high}{choice}")


def _frames(fields: Fields, name: str, _: VideoRules) -> None:
    count = fields.whole(name, *_FRAMES, default=_FRAMES[0])
    if (count - 25) % 4 != 0:
        raise invalid(name, "it must be of the form 25 + 4n")


def _tier(fields: Fields, name: str, rules: VideoRules) -> None:
    fields.choice(name, ("default", "flex") if rules.has_flex else ("default",))


def _tools(fields: Fields, name: str, _: VideoRules) -> None:
    tools = fields.given[name]
    if not isinstance(tools, list) or any(tool != {"type": "web_search"} for tool in tools):
        raise invalid(name, 'the only tool is {"type": "web_search"}')


def _callback(fields: Fields, name: str, _: VideoRules) -> None:
    if not is_web_url(fields.text(name) or ""):
        raise invalid(name, "an http(s) URL is expected")


def _identifier(fields: Fields, name: str, _: VideoRules) -> None:
    if len(fields.text(name) or "") > _MAX_IDENTIFIER:
        raise invalid(name, f"it must have at most {_MAX_IDENTIFIER} characters")


def _check_draft(given: Mapping[str, Any], rules: VideoRules) -> None:
    if given.get("resolution", DRAFT_RESOLUTION) != DRAFT_RESOLUTION:
        raise invalid("resolution", f"a draft takes only `{DRAFT_RESOLUTION}`")
    if given.get("return_last_frame") and rules.family == "seedance-1-5-pro":
        raise invalid("return_last_frame", "it cannot be used with a draft")


_CHECKS: Final[Mapping[str, Check]] = {
    "resolution": _resolution,
    "ratio": _choice(*RATIOS, ADAPTIVE),
    "duration": _duration,
    "frames": _frames,
    "seed": _whole(-1, MAX_SEED),
    "camera_fixed": _flag,
    "watermark": _flag,
    "generate_audio": _flag,
    "return_last_frame": _flag,
    "output_format": _choice("mp4", "mov"),
    "omni_reference_task_type": _choice("auto", "reference", "edit", "extend"),
    "draft": _flag,
    "service_tier": _tier,
    "execution_expires_after": _whole(3600, 259_200),
    "priority": _whole(0, 9),
    "callback_url": _callback,
    "safety_identifier": _identifier,
    "tools": _tools,
}
