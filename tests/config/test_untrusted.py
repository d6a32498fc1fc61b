"""`untrusted: true`: what an inbox takes where anyone may write (promises.md 4a)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from seedwatch.config.rules import resolve_rule
from seedwatch.config.settings import Settings, load_settings
from seedwatch.config.units import Burst
from seedwatch.errors import ConfigError

CONFIG = """
accounts:
  ark: {provider: ark, key: none}
folders:
  - name: public
    inbox: inbox
    %s
    rule: {account: ark, mode: %s, model: %s, prompt: "%s"}
"""
PICTURE = ("image-to-image", "doubao-seedream-4-5-251128", "snow")
VIDEO = ("text-to-video", "doubao-seedance-1-0-pro-250528", "{text}")


def _load(
    base: Path, *keys: str, rule: tuple[str, str, str] = PICTURE, mode: int = 0o600
) -> Settings:
    path = base / "config.yaml"
    path.write_text(CONFIG % ("\n    ".join(keys), *rule))
    path.chmod(mode)
    return load_settings(path)


def test_what_follows_from_it(tmp_path: Path) -> None:
    """Rules in the inbox are off, floods are small, pictures go without metadata.

    Breaks if any of the three is what it is elsewhere.
    """
    (trusted,) = _load(tmp_path).folders
    assert (trusted.untrusted, trusted.rights.are_on, trusted.strips_metadata) == (
        None,
        True,
        False,
    )
    (folder,) = _load(tmp_path, "untrusted: true").folders
    assert folder.untrusted is not None
    assert not folder.rights.are_on
    assert folder.strips_metadata
    assert folder.burst == Burst(100, 3600.0)


def test_what_is_written_counts(tmp_path: Path) -> None:
    """An operator who knows better may say so, each by itself."""
    owner = os.getuid()
    (folder,) = _load(
        tmp_path,
        f"untrusted: {{owners: [{owner}, root], video: true}}",
        "folder_rules: {locked: [model]}",
        "burst: unlimited",
        "metadata: keep",
    ).folders
    assert folder.untrusted is not None
    assert (folder.untrusted.owners, folder.untrusted.may_make_videos) == (
        frozenset({owner, 0}),
        True,
    )
    assert folder.rights.locked == ("model",)
    assert (folder.burst, folder.strips_metadata) == (None, False)
    (other,) = _load(tmp_path, "metadata: strip").folders
    assert other.strips_metadata


def test_no_video_unless_it_is_said(tmp_path: Path) -> None:
    """A video costs a hundred pictures: the rule is refused where it stands (4a).

    Breaks if the mode of a rule is not looked at.
    """
    for keys, is_allowed in (
        ("untrusted: true", False),
        ("untrusted: {owners: [root]}", False),
        ("untrusted: {video: true}", True),
        ("untrusted: false", True),
    ):
        settings = _load(tmp_path, keys, rule=VIDEO)
        if is_allowed:
            assert resolve_rule(settings.folders[0], settings, ()).rule.mode == "text-to-video"
            continue
        with pytest.raises(ConfigError, match="where videos are made only with") as caught:
            resolve_rule(settings.folders[0], settings, ())
        assert caught.value.problems[0].line > 0


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_configuration_that_others_may_change_is_refused(tmp_path: Path, mode: int) -> None:
    """Who may drop a file may not change what it costs; elsewhere it is a warning (4a).

    Breaks if only the bit of all others is looked at, or nothing is.
    """
    with pytest.raises(ConfigError, match="others may change this file"):
        _load(tmp_path, "untrusted: true", mode=mode)
    assert (mode & stat.S_IWOTH != 0) == any(
        "chmod o-w" in str(warning) for warning in _load(tmp_path, mode=mode).warnings()
    )


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_directory_in_which_it_could_be_replaced_is_refused(tmp_path: Path) -> None:
    """A file in a directory that others may write into is theirs, too; a sticky one guards it."""
    place = tmp_path / "etc"
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(ConfigError, match="or the directory it lies in"):
        _load(place, "untrusted: true")
    place.chmod(0o1777)
    assert _load(place, "untrusted: true").folders


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="gives a file away")
def test_a_configuration_of_another_user_is_refused(tmp_path: Path) -> None:
    """Only root and the user that runs seedwatch may own it."""
    _load(tmp_path)
    os.chown(tmp_path / "config.yaml", 1234, 1234)
    assert load_settings(tmp_path / "config.yaml").folders
    with pytest.raises(ConfigError, match="give both to the user"):
        _load(tmp_path, "untrusted: true")


def test_a_missing_budget_is_told(tmp_path: Path) -> None:
    """`check` and the start say that nothing limits what strangers may spend."""
    assert "no budget limits" in str(_load(tmp_path, "untrusted: true").warnings())
    limited = _load(tmp_path, "untrusted: true", "budget: {day: 5, currency: CNY}")
    assert limited.warnings() == ()
