"""Runs to cut the power in: what is dropped, how it is answered, and what has to become of it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.flow.providers import POLL
from tests.flow.workspace import Workspace

_SMALL = {"model": "doubao-seedream-4-0-250828", "size": "1K"}
_TEXT = {"mode": "text-to-image", "prompt": "{text}"}
_QUICK = {"settle": "0ms", "poll_interval": "100ms", "watch": "poll"}


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of run.

    Attributes:
        results: how many pictures a task that is done has delivered.
        is_remembered: the provider can be asked what became of a call.
        is_far: outbox, done and failed lie on another file system.
        state: what becomes of a task that is not in doubt.
    """

    drop: Callable[[Path], None]
    rule: Mapping[str, Any] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)
    mount: str = "/ark/api/v3"
    tasks: int = 1
    results: int = 1
    is_remembered: bool = False
    is_far: bool = False
    state: str = "done"
    faults: tuple[Mapping[str, Any], ...] = ()


def _picture(name: str, colour: int = 1) -> Callable[[Path], None]:
    def drop(inbox: Path) -> None:
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 48), (colour, zlib.crc32(name.encode()) % 256, 7)).save(path)

    return drop


def _lines(*lines: str) -> Callable[[Path], None]:
    def drop(inbox: Path) -> None:
        (inbox / "one.txt").write_text("\n".join(lines) + "\n")

    return drop


def _all(*drops: Callable[[Path], None]) -> Callable[[Path], None]:
    def drop(inbox: Path) -> None:
        for one in drops:
            one(inbox)

    return drop


def _pair(inbox: Path) -> None:
    _picture("a.png")(inbox)
    (inbox / "a.txt").write_text("make it night\n")


_GROUP = {**_SMALL, **_TEXT, "group": 3}
_REFUSED = ({"do": "moderated"},)

SCENES: Mapping[str, Scene] = {
    "url": Scene(_picture("a.png"), _SMALL),
    "b64": Scene(_picture("a.png"), {**_SMALL, "options": {"response_format": "b64_json"}}),
    "group": Scene(_lines("a fox"), _GROUP, results=3),
    "stream": Scene(_lines("a fox"), {**_GROUP, "options": {"stream": True}}, results=3),
    "lines": Scene(_lines("a fox", "an owl"), {**_SMALL, **_TEXT}, tasks=2),
    "several": Scene(
        _all(*(_picture(f"sub/p{n}.png", n) for n in range(3))), _SMALL, {"concurrency": 3}, tasks=3
    ),
    "far": Scene(_picture("sub/a.png"), _SMALL, is_far=True),
    "far group": Scene(_lines("a fox"), _GROUP, results=3, is_far=True),
    "set": Scene(
        _all(_picture("set/a.png", 1), _picture("set/b.png", 2)), {**_SMALL, "input": "folder"}
    ),
    "pair": Scene(_pair, {**_SMALL, "pair": True}),
    "refused": Scene(_picture("a.png"), _SMALL, state="failed", faults=_REFUSED),
    "refused far": Scene(_picture("a.png"), _SMALL, state="failed", faults=_REFUSED, is_far=True),
    "delete": Scene(_picture("a.png"), {**_SMALL, "on_success": "delete"}),
    "openai": Scene(
        _lines("a fox"),
        {**_TEXT, "model": "gpt-image-1.5", "size": "1024x1024"},
        {"provider": "openai"},
        "/openai/v1",
    ),
    "dmxapi": Scene(
        _lines("a fox"),
        {**_TEXT, "model": "doubao-seedream-4-0-250828", "size": "1K"},
        {"provider": "dmxapi"},
        "/dmxapi/v1",
    ),
    "apimart": Scene(
        _lines("a fox"),
        {**_TEXT, "model": "doubao-seedance-4-0", "size": "1:1"},
        {"provider": "apimart", **POLL},
        "/apimart/v1",
        is_remembered=True,
    ),
    "video": Scene(
        _lines("a fox"),
        {
            "mode": "text-to-video",
            "prompt": "{text}",
            "model": "doubao-seedance-1-0-pro-250528",
            "size": "16:9",
            "resolution": "480p",
            "options": {"duration": 2},
        },
        {"provider": "ark", **POLL},
        is_remembered=True,
    ),
}


def stage(scene: Scene, base: Path, far: Path, simulator: RunningSimulator) -> Workspace:
    """A workspace for one scene; nothing is dropped yet."""
    folder = dict(_QUICK)
    if scene.is_far:
        folder |= {name: str(far / name) for name in ("outbox", "done", "failed")}
    account = {**scene.account, "base_url": simulator.url + scene.mount}
    return _Staged(base, simulator, dict(scene.rule), folder, account)


class _Staged(Workspace):
    """A workspace whose results and retired sources may lie elsewhere."""

    def _place(self, name: str) -> Path:
        return Path(self.folder.get(name, self.base / "shop" / name))

    @property
    def outbox(self) -> Path:
        return self._place("outbox")

    @property
    def done(self) -> Path:
        return self._place("done")

    @property
    def failed(self) -> Path:
        return self._place("failed")


def sources(inbox: Path) -> frozenset[str]:
    """The digest of everything that lies in an inbox."""
    return frozenset(
        hashlib.sha256(path.read_bytes()).hexdigest() for path in inbox.rglob("*") if path.is_file()
    )
