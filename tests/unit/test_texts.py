"""texts: every sentence the code asks for exists, in both languages, with the same places."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from seedwatch import texts
from seedwatch.logs import EVENTS
from seedwatch.texts import AREAS, say, sentences
from tests.unit.sources import calls
from tests.unit.sources import texts as literals

_FILES = (".yaml", ".lock", ".log", ".sqlite", ".sqlite3", ".db", ".json")
_KEY = re.compile(rf"({'|'.join(AREAS)})\.[a-z][a-z0-9_]*")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = texts._Chosen.language
    yield
    texts.use(before)


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    """The English and the Chinese sentence have the same places, and neither is empty."""
    for key, text in sentences().items():
        assert text.en.strip(), key
        assert text.zh.strip(), key
        assert _places(text.en) == _places(text.zh), key
        assert all(place.isidentifier() for place in _places(text.en)), key


def test_every_sentence_that_is_asked_for_exists() -> None:
    """Each `say("area.name", …)` finds its sentence and fills in all its places."""
    for path, call in calls():
        match call:
            case ast.Call(func=ast.Name(id="say"), args=[ast.Constant(value=str(key)), *_]):
                assert key in sentences(), (path, key)
                if not any(keyword.arg is None for keyword in call.keywords):
                    given = {keyword.arg for keyword in call.keywords}
                    assert given == _places(sentences()[key].en), (path, call.lineno, key)


def test_keys_in_tables_exist() -> None:
    """Keys that are chosen from a table exist, and those put together can (`cli.head_` + …)."""
    points = {
        ast.literal_eval(call.args[0])
        for _, call in calls()
        if isinstance(call.func, ast.Name)
        and call.func.id == "reached"
        and isinstance(call.args[0], ast.Constant)
    }
    known = {*sentences(), *EVENTS, *points}
    unknown = {
        text: path
        for path, text in literals()
        if _KEY.fullmatch(text)
        and text not in known
        and not text.endswith(_FILES)
        and not (text.endswith("_") and any(key.startswith(text) for key in known))
    }
    assert unknown == {}


def test_no_sentence_is_left_over() -> None:
    """Every sentence is asked for somewhere: by its key, its name, or the beginning of its key."""
    said = {text for path, text in literals() if not path.startswith("texts/")}
    beginnings = tuple(text for text in said if _KEY.fullmatch(text) and text.endswith("_"))
    unused = [
        key
        for key in sentences()
        if key not in said and key.partition(".")[2] not in said and not key.startswith(beginnings)
    ]
    assert unused == []


def test_a_missing_sentence_or_place_is_an_error() -> None:
    """A wrong key or a place that is not filled is noticed at once."""
    with pytest.raises(KeyError):
        say("cards.no_such_sentence")
    with pytest.raises(KeyError):
        say("cards.why")


def test_braces_in_what_is_filled_in_are_harmless() -> None:
    """A name such as `{0}` is put into the sentence as it is."""
    assert say("cards.why", message="{0} {name} %s").endswith("{0} {name} %s")


@pytest.mark.parametrize(
    ("spoken", "language"),
    [("zh_CN.UTF-8", "zh"), ("zh", "zh"), ("en_US.UTF-8", "en"), ("C", "en"), ("de_DE", "en")],
)
def test_the_language_follows_the_system(
    monkeypatch: pytest.MonkeyPatch, spoken: str, language: str
) -> None:
    """`auto` speaks Chinese where the system does; a setting wins."""
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", spoken)
    texts.use("auto")
    expected = getattr(sentences()["cards.cost_none"], language)
    assert say("cards.cost_none") == expected
    texts.use("zh")
    assert say("cards.cost_none") == sentences()["cards.cost_none"].zh
