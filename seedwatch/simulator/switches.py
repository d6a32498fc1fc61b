"""Switches: behaviours of the real services that no source settles (protocols.md 8, 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


class SwitchError(ValueError):
    """The posted object is wrong; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A switch with named positions; the first one is the default."""

    positions: tuple[str, ...]

    @property
    def default(self) -> str:
        """Where it stands in the beginning."""
        return self.positions[0]

    @property
    def wanted(self) -> str:
        """What may be posted, in words."""
        return f"one of {', '.join(self.positions)}"

    def accepts(self, value: Any) -> bool:
        """Whether this is one of the positions."""
        return isinstance(value, str) and value in self.positions


@dataclass(frozen=True, slots=True)
class Count:
    """A switch that is a whole number within limits."""

    default: int
    least: int
    most: int

    @property
    def wanted(self) -> str:
        """What may be posted, in words."""
        return f"a whole number from {self.least} to {self.most}"

    def accepts(self, value: Any) -> bool:
        """Whether this is such a number."""
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return is_whole and self.least <= value <= self.most


SWITCHES: Final[Mapping[str, Choice | Count]] = {
    "apimart.answer_form": Choice(("auto", "array", "object")),
    "apimart.url_form": Choice(("array", "string")),
    "apimart.several": Choice(("images", "urls")),
    "apimart.expiry_s": Count(86_400, 1, 31_536_000),
    "apimart.data_uri": Choice(("accept", "refuse")),
    "apimart.envelope": Choice(("error", "success_false")),
    "apimart.balance": Choice(("ok", "empty")),
    "ark.stream_framing": Choice(("one-line", "multi-line", "broken")),
    "ark.model_echo": Choice(("dated", "undated")),
    "ark.extra_fields": Choice(("no", "yes")),
    "ark.images_per_minute": Count(0, 0, 100_000),
    "ark.video_no_content": Choice(("null", "missing")),
    "ark.safety_echo": Choice(("yes", "no")),
    "ark.list_order": Choice(("newest", "oldest")),
    "ark.list_tier": Choice(("default", "all")),
    "ark.lists_per_s": Count(1, 0, 1000),
    "dmxapi.raw_key": Choice(("accept", "refuse")),
    "dmxapi.dead_models": Choice(("serve", "refuse")),
    "dmxapi.n_and_size": Choice(("required", "optional")),
    "dmxapi.edits_part": Choice(("both", "image", "image[]")),
    "dmxapi.octet_stream": Choice(("refuse", "accept")),
    "dmxapi.stream": Choice(("pass", "ignore")),
    "dmxapi.quota_status": Choice(("403", "429")),
    "dmxapi.upstream_code": Choice(("code", "message")),
    "openai.stream_done": Choice(("no", "yes")),
    "openai.dead_model": Choice(("404", "400")),
    "openai.ratelimit_headers": Choice(("yes", "no")),
    "openai.moderation_type": Choice(("image_generation_user_error", "invalid_request_error")),
    "openai.edit_moderation": Choice(("refuse", "accept")),
    "openai.octet_stream": Choice(("refuse", "accept")),
    "openai.sizes_2_6": Choice(("fixed", "free")),
}
"""Every switch by its name `PROVIDER.WHAT`; docs/simulator.md says what each position does."""


class Switches:
    """Where all switches of one simulator stand; lives in the event loop, so it needs no lock."""

    def __init__(self, known: Mapping[str, Choice | Count] = SWITCHES) -> None:
        self._known = known
        self._moved: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Where one switch stands: a text of a Choice, a number of a Count."""
        return self._moved.get(name, self._known[name].default)

    def values(self) -> dict[str, Any]:
        """Where all of them stand."""
        return {name: self[name] for name in self._known}

    def move(self, posted: Any) -> None:
        """Move the switches named in the posted JSON object.

        Raises:
            SwitchError: anything in it is unknown or out of range; nothing was moved.
        """
        if not isinstance(posted, dict):
            raise SwitchError("a JSON object of switches is expected")
        for name, value in posted.items():
            switch = self._known.get(name)
            if switch is None:
                raise SwitchError(f"unknown switch {name!r}; known: {', '.join(self._known)}")
            if not switch.accepts(value):
                raise SwitchError(f"{name}: {switch.wanted} is expected, not {value!r}")
        self._moved.update(posted)

    def reset(self) -> None:
        """Put all of them back to their defaults."""
        self._moved.clear()
