"""Says which files make up an input: a picture with its text, a set with all that is in it."""

from __future__ import annotations

from seedwatch.inbox.forms import pictures_beside, text_beside
from seedwatch.inbox.scanner import Scanner
from seedwatch.inbox.settling import Reading
from seedwatch.inbox.sorting import Place
from seedwatch.records import RelPath, Rule


def reading_of(found: Place, rule: Rule, scanner: Scanner) -> Reading:
    """The members of an input as they were last seen, the file it is named after first."""
    if found.kind == "set":
        return tuple(sorted(scanner.files_below(found.source)))
    members = [found.source]
    text = _text_of(found, rule, scanner)
    if text is not None and not _rivals(found.source, text, scanner):
        members.append(text)
    return tuple((member, scanner.signature_of(member) or 0) for member in members)


def rival_of(found: Place, rule: Rule, scanner: Scanner) -> RelPath:
    """Another picture with which this one would have to share its text (empty: none)."""
    text = _text_of(found, rule, scanner)
    rivals = [] if text is None else _rivals(found.source, text, scanner)
    return rivals[0] if rivals else ""


def _text_of(found: Place, rule: Rule, scanner: Scanner) -> RelPath | None:
    """The prompt file beside a picture, where the rule pairs them."""
    if found.kind != "picture" or not rule.pair:
        return None
    return text_beside(found.source, scanner.files_in(found.source.rpartition("/")[0]))


def _rivals(picture: RelPath, text: RelPath, scanner: Scanner) -> list[RelPath]:
    """Other pictures that the same text could belong to."""
    names = scanner.files_in(text.rpartition("/")[0])
    return [other for other in pictures_beside(text, names) if other != picture]
