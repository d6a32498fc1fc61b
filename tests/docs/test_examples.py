"""Links lead somewhere, snippets are valid, and the commands of the README run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from seedwatch import texts
from seedwatch.config.rules import read_rule_file, resolve_rule
from seedwatch.config.settings import Settings, load_settings
from seedwatch.simulator import RunningSimulator
from seedwatch.simulator.fault_syntax import parse_faults
from tests.docs.reading import DOCS, DOCUMENTS, ROOT, Block, all_blocks, anchors, blocks, links

_PHOTO = ROOT / "seedwatch" / "demo" / "photos" / "rocket.jpg"
_README, _CHINESE = ROOT / "README.md", ROOT / "README.zh.md"
_BASE = """\
accounts: {ark: {provider: ark, key: none}}
folders:
  - name: a
    inbox: a/inbox
    rule: {account: ark, model: doubao-seedream-4-5-251128}
"""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Configurations choose the language of the process; give it back."""
    yield
    texts.use("en")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link names a file or folder that exists, and a heading that it has."""
    for link in links(path):
        if "://" in link:
            continue
        target, _, anchor = unquote(link).partition("#")
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        assert not anchor or anchor in anchors(found), link


def test_every_document_is_linked() -> None:
    """The README leads to every document, the folder of decisions included."""
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(_README)}
    assert {path for path in DOCS.glob("*.md") if path not in linked} == set()
    assert {DOCS / "decisions", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"} <= linked


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=lambda block: block.where)
def test_yaml_is_valid(block: Block) -> None:
    """Every YAML snippet is read, and says what it is an example of."""
    assert isinstance(yaml.load(block.text, yaml.BaseLoader), dict)
    assert block.mark in {"config", "rule"}


@pytest.mark.parametrize("block", all_blocks("json"), ids=lambda block: block.where)
def test_json_is_valid(block: Block) -> None:
    """Every JSON snippet is read; lists of faults are such as the simulator takes."""
    told = json.loads(block.text)
    if block.mark == "faults":
        assert len(parse_faults(told)) == len(told)


def _loaded(base: Path, text: str) -> Settings:
    (base / "config.yaml").write_text(text, "utf-8")
    return load_settings(base / "config.yaml")


@pytest.mark.parametrize("block", all_blocks("yaml", "config"), ids=lambda block: block.where)
def test_configurations_load(block: Block, tmp_path: Path) -> None:
    """A configuration can be copied: it has no mistake, and its rules resolve without warnings."""
    settings = _loaded(tmp_path, block.text)
    for folder in settings.folders:
        assert resolve_rule(folder, settings, []).warnings == ()


@pytest.mark.parametrize("block", all_blocks("yaml", "rule"), ids=lambda block: block.where)
def test_rules_resolve(block: Block, tmp_path: Path) -> None:
    """A rule can be copied into rule.yaml: it has no mistake and no warning."""
    settings = _loaded(tmp_path, _BASE)
    folder = settings.folders[0]
    layer = read_rule_file(folder.inbox / "rule.yaml", block.text.encode())
    assert resolve_rule(folder, settings, [layer]).warnings == ()


def _commands(path: Path) -> list[str]:
    """The commands of a README that are marked to be run, without comments."""
    marked = [block.text for block in blocks(path) if (block.language, block.mark) == ("sh", "run")]
    lines = [line.split("#")[0].rstrip() for text in marked for line in text.splitlines()]
    return [line for line in lines if line]


def test_both_readmes_name_the_same_commands() -> None:
    """The Chinese README shows the commands of the English one."""
    assert _commands(_CHINESE) == _commands(_README)


_VAULT = """
import json, pathlib
from keyring.backend import KeyringBackend
_FILE = pathlib.Path(__file__).with_suffix(".json")
class Vault(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        return json.loads(_FILE.read_text())[username] if _FILE.exists() else None
    def set_password(self, service, username, password):
        _FILE.write_text(json.dumps({username: password}))
"""


def _checkout(base: Path) -> Path:
    """The launcher in a place of its own, with a .venv that forwards to this Python."""
    root = base / "seedwatch"
    shutil.copytree(ROOT / "service", root / "service")
    shutil.copy(ROOT / "pyproject.toml", root)
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return root


@pytest.mark.process
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    """The marked commands run as they stand; only the service is the simulator (base_url).

    Breaks if a command of the README does not exist or fails, or the picture does not come out.
    """
    root = _checkout(tmp_path)
    (tmp_path / "Pictures").mkdir()
    shutil.copy(_PHOTO, tmp_path / "Pictures" / "shoe.jpg")
    (tmp_path / "vault.py").write_text(_VAULT)
    stamp = "root=$PWD; . service/venv.sh; find_venv_python; stamp_of '' > .venv/.seedwatch-plain"
    with RunningSimulator(latency_s=0.02) as simulator:
        use_simulator = f"sed -i.orig 's|#base_url: .*|base_url: {simulator.url}/ark/api/v3|'"
        lines = _commands(_README)
        lines.insert(1, f"{use_simulator} studio/config.yaml")
        lines = [
            f"echo sk-of-a-newcomer | {line}" if " key set " in line else line for line in lines
        ]
        script = "\n".join(["set -e", stamp, *lines])
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=root,
            env=os.environ
            | {
                "HOME": str(tmp_path),
                "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
                "PYTHON_KEYRING_BACKEND": "vault.Vault",
                "LC_ALL": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(simulator.ledger()) == 1
    assert "everything is fine" in done.stdout
    assert "shoe_1.jpeg\nshoe_1.jpeg.json\n" in done.stdout
    assert "1 done" in done.stdout
    assert "sk-of-a-newcomer" not in done.stdout + done.stderr
