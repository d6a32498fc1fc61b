"""`init` makes a workspace that works as it is; `run --init` does so on first use."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from seedwatch.config.file_models import AccountKeys, ConfigKeys, FolderKeys, RuleKeys
from seedwatch.config.settings import load_settings
from tests.cli.desk import call


def _census(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("language", ["C.UTF-8", "zh_CN.UTF-8"])
def test_workspace(tmp_path: Path, language: str) -> None:
    """The workspace loads without a remark and its rules resolve, in each language."""
    assert call("init", tmp_path / "new" / "place", LC_ALL=language).exit_code == 0
    place = tmp_path / "new" / "place"
    settings = load_settings(place / "config.yaml")
    assert settings.warnings() == ()
    assert [folder.name for folder in settings.folders] == ["product-shots", "prompts"]
    for folder in settings.folders:
        for path in (folder.inbox, folder.outbox, folder.done, folder.failed):
            assert path.is_dir()
        assert (folder.inbox / "rule.yaml").is_file()
    checked = call("check", "-c", place / "config.yaml")
    assert checked.exit_code in (0, 1)  # a key may be missing here
    assert "rule.yaml" not in checked.stderr


def test_every_setting_is_there_with_its_default(tmp_path: Path) -> None:
    """Each setting that does something stands in the files; uncommented, they still load."""
    call("init", tmp_path)
    config = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    rule = (tmp_path / "product-shots" / "inbox" / "rule.yaml").read_text(encoding="utf-8")
    settings = (*ConfigKeys.model_fields, *AccountKeys.model_fields, *FolderKeys.model_fields)
    for key in settings:
        assert f"{key}:" in config
    for key in {*RuleKeys.model_fields} - {"account", "text", "encoding"}:
        assert f"{key}:" in config + rule
    active = yaml.safe_load(config.replace("#resend", "resend").replace("#grace", "grace"))
    assert active["grace"] == "10m"


def test_uncommented_defaults_are_valid(tmp_path: Path) -> None:
    """A user who removes the # of any line gets what the comment promised, not an error."""
    call("init", tmp_path)
    config = tmp_path / "config.yaml"
    known = {
        f"#{key}:" for keys in (ConfigKeys, AccountKeys, FolderKeys) for key in keys.model_fields
    }
    lines = []
    for line in config.read_text(encoding="utf-8").splitlines():
        is_setting = line.split()[:1] and line.split()[0] in known - {"#ca_file:"}
        lines.append(line.replace("#", "", 1) if is_setting else line)
    config.write_text("\n".join(lines), encoding="utf-8")
    assert load_settings(config).folders[0].cold_start == 25


@pytest.mark.parametrize("taken", ["config.yaml", "product-shots", "prompts"])
def test_nothing_is_overwritten(tmp_path: Path, taken: str) -> None:
    """If anything of that name is there, nothing at all is changed."""
    if taken == "config.yaml":
        (tmp_path / taken).write_text("mine")
    else:
        (tmp_path / taken).mkdir()
        (tmp_path / taken / "photo.png").write_bytes(b"mine")
    before = _census(tmp_path)
    result = call("init", tmp_path)
    assert result.exit_code == 1
    assert taken in result.stderr
    assert _census(tmp_path) == before
    assert len(list(tmp_path.iterdir())) == 1


def test_first_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run --init` makes the workspace where there is none, says so, and runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    result = call("run", "--init", "--until-idle")
    assert result.exit_code == 0
    assert "config.yaml" in result.stderr.splitlines()[0]
    before = _census(tmp_path / "product-shots")
    again = call("run", "--init", "--until-idle")
    assert again.exit_code == 0
    assert _census(tmp_path / "product-shots") == before


def test_first_use_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain `run` without a configuration makes nothing; nor does a named file that is missing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    assert call("run", "--until-idle").exit_code == 78
    assert call("run", "--init", "--until-idle", "-c", "typo.yaml").exit_code == 78
    assert list(tmp_path.iterdir()) == []
