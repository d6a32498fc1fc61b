"""Validates the body of an Ark video request and resolves it to what is to be drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seedwatch.simulator.ark_errors import ArkRefusal, invalid, missing, model_unknown
from seedwatch.simulator.ark_options import MAX_SEED
from seedwatch.simulator.ark_video_content import Content, check_content
from seedwatch.simulator.ark_video_flags import split_flags, with_flags
from seedwatch.simulator.ark_video_models import VideoRules, video_rules_for
from seedwatch.simulator.ark_video_options import (
    DEFAULT_EXPIRY_S,
    DRAFT_RESOLUTION,
    check_field,
    check_together,
    late_error,
)
from seedwatch.simulator.clips import Clip
from seedwatch.simulator.movies import FRAMES_PER_S
from seedwatch.simulator.references import Reference
from seedwatch.simulator.video_sizes import ADAPTIVE, nearest_ratio

CHOSEN_DURATION_S: Final = 5
"""What the simulated model chooses for a duration of -1."""


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """A valid request.

    Attributes:
        given: the fields that count, legacy flags included; null and content left out.
        prompt: the text as received.
        references: all media as received, in order.
        asked_ratio: as asked for or by default; `ratio` is what it comes to.
        late_error: code and message of a mistake that only the running task finds.
    """

    model: str
    rules: VideoRules
    given: Mapping[str, Any]
    prompt: str
    references: tuple[Reference, ...]
    clip: Clip
    resolution: str
    asked_ratio: str
    ratio: str
    seed: int
    draft_id: str | None
    late_error: tuple[str, str] | None

    @property
    def is_draft(self) -> bool:
        """Whether it makes a draft, which a later request may finish."""
        return bool(self.given.get("draft", False))

    @property
    def returns_last_frame(self) -> bool:
        """Whether a picture of the last frame is wanted too."""
        return bool(self.given.get("return_last_frame", False))

    @property
    def expires_after_s(self) -> int:
        """After how long the task is given up."""
        return int(self.given.get("execution_expires_after", DEFAULT_EXPIRY_S))


FindDraft = Callable[[str], VideoRequest | None]
"""The request of a draft that is ready to be finished; None if there is no such task."""


def check_video(body: Mapping[str, Any], find_draft: FindDraft) -> VideoRequest:
    """Check one request body; JSON null counts as absent.

    Order: model (404), fields by themselves, content, what excludes what (400).

    Raises:
        ArkRefusal: with the parameter that is wrong in `param`.
    """
    given = {field: value for field, value in body.items() if value is not None}
    model, rules = _check_model(given)
    for field in given:
        if field not in {"model", "content"}:
            check_field(field, given, rules)
    content = check_content(given.pop("content", None), rules)
    prompt, flags = split_flags(content.text)
    given = with_flags(given, flags, lambda name, value: _is_valid(name, value, rules))
    kinds = [medium.kind for medium in content.media]
    check_together(given, rules, content.scene, kinds)
    draft = None if content.draft_id is None else _draft(content.draft_id, model, find_draft)
    plan = _Plan(model, rules, given, content, draft)
    clip = plan.clip(prompt)
    return VideoRequest(
        model=model,
        rules=rules,
        given=given,
        prompt=content.text,
        references=tuple(medium.reference for medium in content.media),
        clip=clip,
        resolution=plan.resolution,
        asked_ratio=plan.asked_ratio,
        ratio=plan.ratio,
        seed=_seed(given, clip.prompt),
        draft_id=content.draft_id,
        late_error=late_error(given, rules, content.scene),
    )


def _check_model(given: Mapping[str, Any]) -> tuple[str, VideoRules]:
    model = given.get("model")
    if model is None or model == "":
        raise missing("model")
    if not isinstance(model, str):
        raise invalid("model", "a string is expected")
    rules = video_rules_for(model)
    if rules is None:
        raise model_unknown(model)
    return model, rules


def _is_valid(name: str, value: Any, rules: VideoRules) -> bool:
    try:
        check_field(name, {name: value}, rules)
    except ArkRefusal:
        return False
    return True


def _draft(draft_id: str, model: str, find_draft: FindDraft) -> VideoRequest:
    draft = find_draft(draft_id)
    if draft is None or draft.model != model:
        raise invalid("content[].draft_task.id", "there is no finished draft of this model")
    return draft


def _seed(given: Mapping[str, Any], prompt: str) -> int:
    seed = int(given.get("seed", -1))
    if seed != -1:
        return seed
    digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4]) & MAX_SEED


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a checked request comes to, field by field."""

    model: str
    rules: VideoRules
    given: Mapping[str, Any]
    content: Content
    draft: VideoRequest | None

    @property
    def resolution(self) -> str:
        default = DRAFT_RESOLUTION if self.given.get("draft") else self.rules.default_resolution
        return str(self.given.get("resolution", default))

    @property
    def asked_ratio(self) -> str:
        if self.draft is not None:
            return str(self.given.get("ratio", self.draft.ratio))
        is_wide = self.content.scene == "text" and not self.rules.is_adaptive_by_default
        return str(self.given.get("ratio", "16:9" if is_wide else ADAPTIVE))

    @property
    def ratio(self) -> str:
        if self.asked_ratio != ADAPTIVE:
            return self.asked_ratio
        shapes = [reference.size for reference in self._begins_with() if reference.size is not None]
        return nearest_ratio(self.rules.sizes[self.resolution], shapes[0] if shapes else None)

    def clip(self, prompt: str) -> Clip:
        width, height = self.rules.sizes[self.resolution][self.ratio]
        draft = self.draft
        return Clip(
            width,
            height,
            self._frame_count(),
            prompt if draft is None or prompt.strip() else draft.clip.prompt,
            self.model,
            self._begins_with(),
            self._ends_with(),
            has_mark=bool(self.given.get("watermark", False)),
            format="mov" if self.given.get("output_format") == "mov" else "mp4",
        )

    def _frame_count(self) -> int:
        if "frames" in self.given:
            return int(self.given["frames"])
        if self.draft is not None and "duration" not in self.given:
            return self.draft.clip.frame_count
        duration_s = int(self.given.get("duration", self.rules.default_duration))
        return (CHOSEN_DURATION_S if duration_s == -1 else duration_s) * FRAMES_PER_S

    def _begins_with(self) -> tuple[Reference, ...]:
        if self.draft is not None:
            return self.draft.clip.references
        return tuple(m.reference for m in self.content.media if m.role != "last_frame")

    def _ends_with(self) -> Reference | None:
        if self.draft is not None:
            return self.draft.clip.last_frame
        return next((m.reference for m in self.content.media if m.role == "last_frame"), None)
