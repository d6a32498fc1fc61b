"""Reference pictures: those of a rule.yaml lie beside it, whatever is written or linked there."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from seedwatch.config import references
from seedwatch.config.references import file_digest
from seedwatch.config.rules import ResolvedRule, resolve_rule
from seedwatch.errors import ConfigError
from tests.config.build import FOLDER, HEAD, layer, load

posix_only = pytest.mark.skipif(os.name != "posix", reason="links and FIFOs are POSIX here")


def resolved(tmp_path: Path, own: str, in_inbox: str = "") -> ResolvedRule:
    """The rule of a folder whose config.yaml and rule.yaml name these references."""
    rule = f"{{account: ark, model: doubao-seedream-4-5-251128, prompt: p, references: {own}}}"
    settings = load(tmp_path, f"{HEAD}{FOLDER}    rule: {rule}\n")
    inbox = settings.folders[0].inbox
    inbox.mkdir(parents=True, exist_ok=True)
    layers = [layer(inbox, f"references: {in_inbox}\n")] if in_inbox else []
    return resolve_rule(settings.folders[0], settings, layers)


def sentence(tmp_path: Path, own: str, in_inbox: str = "") -> str:
    """The one problem of such a rule."""
    with pytest.raises(ConfigError) as caught:
        resolved(tmp_path, own, in_inbox)
    (problem,) = caught.value.problems
    return str(problem).removeprefix(f"{tmp_path}/")


def test_references_keep_their_order_and_have_digests(tmp_path: Path) -> None:
    """Each file is named by an absolute path and its sha256; a changed file is a new revision."""
    (tmp_path / "b.png").write_bytes(b"b")
    (tmp_path / "a.png").write_bytes(b"a")
    one = resolved(tmp_path, f"[b.png, {tmp_path / 'a.png'}, 'https://x.example/u.png']").rule
    assert one.references == (
        str(tmp_path / "b.png"),
        str(tmp_path / "a.png"),
        "https://x.example/u.png",
    )
    wanted = (b"b", b"a", b"https://x.example/u.png")
    assert one.reference_digests == tuple(hashlib.sha256(raw).hexdigest() for raw in wanted)
    (tmp_path / "a.png").write_bytes(b"changed")
    two = resolved(tmp_path, f"[b.png, {tmp_path / 'a.png'}, 'https://x.example/u.png']").rule
    assert two.revision != one.revision


def test_references_of_a_rule_file_lie_beside_it(tmp_path: Path) -> None:
    """They are looked for where that file is, not where config.yaml is; subfolders are fine."""
    (tmp_path / "brand.png").write_bytes(b"outer")
    brand = tmp_path / "shop" / "inbox" / "brand"
    brand.mkdir(parents=True)
    (brand / "logo.png").write_bytes(b"inner")
    found = resolved(tmp_path, "[brand.png]", "brand/logo.png")
    assert found.rule.references == (str(brand / "logo.png"),)
    assert found.origins["references"] == "rule.yaml:1 (inbox)"
    assert resolved(tmp_path, "[brand.png]", "[]").rule.references == ()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("../brand.png", "a rule.yaml names only files beside it"),
        ("x/../../brand.png", "a rule.yaml names only files beside it"),
        ("/etc/passwd", "a rule.yaml names only files beside it"),
        ("~/brand.png", "a rule.yaml names only files beside it"),
        ("'C:\\Users\\x.png'", "a rule.yaml names only files beside it"),
        ("'C:x.png'", "a rule.yaml names only files beside it"),
        ("'..\\x.png'", "a rule.yaml names only files beside it"),
        ("'\\\\host\\share\\x.png'", "a rule.yaml names only files beside it"),
        ("https://x.example/a.png", "a rule.yaml names files beside it; addresses may stand in"),
        ("file:///etc/passwd", "a rule.yaml names files beside it; addresses may stand in"),
        ("'data:image/png;base64,AA'", "a rule.yaml names files beside it; addresses may stand in"),
        ("missing.png", "there is no such file beside the rule"),
        (".", "this is not a regular file"),
    ],
)
def test_a_rule_file_reaches_nothing_outside_its_folder(
    tmp_path: Path, written: str, expected: str
) -> None:
    """Otherwise anyone who may write to the inbox reads the daemon's files through the model.

    Red if `_located` does not look at `..`, absolute paths or URLs.
    """
    (tmp_path / "brand.png").write_bytes(b"x")
    found = sentence(tmp_path, "[]", f"[{written}]")
    assert found.startswith(f"shop/inbox/rule.yaml:1:14: references[0]: {expected}")


@posix_only
def test_links_are_followed_for_the_operator_only(tmp_path: Path) -> None:
    """A link beside a rule.yaml, or a linked folder on the way, is refused; config.yaml may.

    Red if the file is opened by its path instead of step by step from the inbox.
    """
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.png").write_bytes(b"s")
    inbox = tmp_path / "shop" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "link.png").symlink_to(secret / "key.png")
    (inbox / "linked").symlink_to(secret)
    (inbox / "loop").symlink_to("loop")
    for written in ("link.png", "linked/key.png", "loop"):
        found = sentence(tmp_path, "[]", written)
        assert found.endswith("references: this is a link; put the file itself there")
    (tmp_path / "own.png").symlink_to(secret / "key.png")
    assert resolved(tmp_path, "[own.png]").rule.references == (str(tmp_path / "own.png"),)


@posix_only
def test_a_fifo_or_a_directory_is_refused_without_waiting(tmp_path: Path) -> None:
    """Opening a FIFO must not hang the daemon; red without O_NONBLOCK."""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    for name in ("pipe.png", "folder.png"):
        assert sentence(tmp_path, f"[{name}]").endswith("references[0]: this is not a regular file")


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A film that lies there by mistake is not hashed."""
    monkeypatch.setattr(references, "MAX_REFERENCE_BYTES", 10)
    (tmp_path / "film.png").write_bytes(b"x" * 11)
    assert sentence(tmp_path, "[film.png]").endswith("this file has more than 10 bytes")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """What the system says is passed on; every bad reference is named at once."""
    settings = load(
        tmp_path,
        f"{HEAD}{FOLDER}    rule: {{account: ark, model: doubao-seedream-4-5-251128, prompt: p, "
        "references: [a.png, b.png]}\n",
    )

    def denied(path: Path, beneath: Path | None) -> str:
        assert beneath is None
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.raises(ConfigError) as caught:
        resolve_rule(settings.folders[0], settings, [], digest=denied)
    assert [problem.path for problem in caught.value.problems] == [
        "folders[0].rule.references[0]",
        "folders[0].rule.references[1]",
    ]
    assert caught.value.problems[0].message == "this file cannot be read: Permission denied"


def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path) -> None:
    """Files larger than one piece are read whole."""
    path = tmp_path / "a"
    raw = os.urandom(3 * (1 << 20) + 7)
    path.write_bytes(raw)
    assert file_digest(path, tmp_path) == hashlib.sha256(raw).hexdigest()
