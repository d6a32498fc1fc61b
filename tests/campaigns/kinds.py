"""The kinds of answer that campaigns kill in: one source, one task, one way home each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.campaigns.census import digest
from tests.flow.providers import PROVIDERS, TEXT, Provider
from tests.flow.workspace import Workspace

_SWIFT = {"settle": "10ms", "poll_interval": "100ms"}
_OTHER_DISK = Path("/dev/shm")


@dataclass(frozen=True)
class Kind:
    """What is asked of whom: `source` is what is dropped, `ends` the state a life leads to."""

    provider: Provider
    rule: dict[str, Any] = field(default_factory=dict)
    folder: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)
    source: str = "text"
    fault: str = ""
    ends: str = "done"

    @property
    def can_ask(self) -> bool:
        """Whether the provider tells what became of a request whose answer was lost."""
        return self.provider.can_ask


_POLL = {"poll": {"first": "100ms", "every": "100ms"}}
_PICTURE: dict[str, Any] = {"mode": "image-to-image", "prompt": "make it rain"}
_ARK, _APIMART = PROVIDERS["ark pictures"], PROVIDERS["apimart"]

KINDS = {
    # the four ways an answer comes
    "handle": Kind(_APIMART, account=_POLL),
    "url": Kind(_ARK, rule=_PICTURE, source="picture"),
    "b64": Kind(PROVIDERS["openai"]),
    "stream": Kind(_ARK, rule={**TEXT, "group": 2, "options": {"stream": True}}),
    # and ways that differ elsewhere
    "video": Kind(PROVIDERS["ark videos"], account=_POLL),
    "upload": Kind(_APIMART, rule=_PICTURE, account=_POLL, source="picture"),
    "set": Kind(_ARK, rule=_PICTURE, folder={"input": "folder"}, source="set"),
    "card": Kind(_ARK, fault="moderated", ends="failed"),
    "across": Kind(_ARK, rule=_PICTURE, source="picture", folder={"done": "elsewhere"}),
}
MAIN = ("handle", "url", "b64", "stream")


@contextmanager
def studio(
    kind: Kind, simulator: RunningSimulator, prefix: str, **account_too: Any
) -> Iterator[Workspace]:
    """A workspace of this kind, with a directory of its own that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix=prefix) as base:
        account = {**kind.provider.account, **kind.account, **account_too}
        account["base_url"] = simulator.url + kind.provider.mount
        rule = {**kind.provider.rule, **kind.rule}
        folder = {**_SWIFT, **kind.folder}
        if "input" in folder:
            rule["input"] = folder.pop("input")
        if folder.get("done") != "elsewhere":
            yield Workspace(Path(base), simulator, rule, folder, account)
            return
        with tempfile.TemporaryDirectory(prefix=prefix, dir=_OTHER_DISK) as other:
            (Path(other) / "done").mkdir()
            workspace = Workspace(
                Path(base), simulator, rule, folder | {"done": f"{other}/done"}, account
            )
            (workspace.base / "shop" / "done").symlink_to(Path(other) / "done")
            yield workspace


def drop(kind: Kind, workspace: Workspace, number: int = 1) -> dict[str, str]:
    """Drop a source of this kind with bytes of its own; its files: name -> sha256."""
    match kind.source:
        case "text":
            files = [workspace.inbox / f"s{number:05}.txt"]
            files[0].write_text(f"a fox in the snow {number}\n")
        case "picture":
            files = [_picture(workspace.inbox / f"s{number:05}.png", number)]
        case _:
            folder = workspace.inbox / f"s{number:05}"
            folder.mkdir()
            files = [_picture(folder / f"{n}.png", 2 * number + n) for n in (1, 2)]
    return {path.name: digest(path) for path in files}


def _picture(path: Path, number: int) -> Path:
    Image.new("RGB", (64, 48), (number % 256, number // 256 % 256, 7)).save(path)
    return path
