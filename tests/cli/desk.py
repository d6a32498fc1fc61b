"""A user at a desk: a configured workspace, and commands called as a shell would call them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from seedwatch.cli.app import app
from tests.canary import KEY as CANARY_KEY

PHOTOS = Path(__file__).parents[2] / "seedwatch" / "demo" / "photos"
MODEL = "doubao-seedream-4-0-250828"


def call(*args: str | Path, stdin: str | None = None, **environment: str) -> Result:
    """`seedwatch ARGS`, in this process, away from any terminal."""
    result = CliRunner().invoke(
        app,
        [str(argument) for argument in args],
        input=stdin,
        env={"SEEDWATCH_CONFIG": None, "SEEDWATCH_DEBUG": None, "LC_ALL": "C.UTF-8"} | environment,
    )
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert "Traceback" not in result.output, result.output
    assert CANARY_KEY not in result.output
    return result


@dataclass
class Desk:
    """A workspace of two folders: `shop` edits pictures, `words` makes some of prompts."""

    base: Path
    url: str = "http://127.0.0.1:9"
    account: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] = field(default_factory=dict)
    folder: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("shop", "words"):
            (self.base / name / "inbox").mkdir(parents=True, exist_ok=True)
        key = self.base / "sim.key"
        key.touch(mode=0o600)
        key.write_text(CANARY_KEY)
        self.configure()

    @property
    def config(self) -> Path:
        return self.base / "config.yaml"

    @property
    def inbox(self) -> Path:
        return self.base / "shop" / "inbox"

    def configure(self, **more: Any) -> None:
        """Write config.yaml; JSON is YAML."""
        account = {
            "provider": "ark",
            "base_url": f"{self.url}/ark/api/v3",
            "key": "file:sim.key",
        } | self.account
        rule = {"account": "sim", "model": MODEL, "size": "1K"}
        edit = rule | {"mode": "image-to-image", "prompt": "make it rain"} | self.rule
        shop = {"name": "shop", "inbox": "shop/inbox", "settle": "50ms", "rule": edit}
        words = {
            "name": "words",
            "inbox": "words/inbox",
            "settle": "50ms",
            "rule": rule | {"mode": "text-to-image"},
        }
        settings = {
            "language": "en",
            "accounts": {"sim": account},
            "folders": [shop | self.folder, words],
        } | more
        self.config.write_text(json.dumps(settings, indent=1))

    def drop(self, photo: str, name: str = "") -> Path:
        """Copy a photograph into the inbox of `shop`."""
        target = self.inbox / (name or photo)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PHOTOS / photo, target)
        return target

    def __call__(self, *args: str | Path, stdin: str | None = None, **environment: str) -> Result:
        """`seedwatch ARGS` with this workspace's configuration."""
        return call(*args, stdin=stdin, SEEDWATCH_CONFIG=str(self.config), **environment)

    def json(self, *args: str | Path) -> Any:
        """What a command with `--json` says."""
        return json.loads(self(*args, "--json").stdout)

    def run(self) -> int:
        """`seedwatch run --until-idle`; its exit code."""
        return self("run", "--until-idle").exit_code
