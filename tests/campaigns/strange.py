"""Makes strange answers, values, links and pictures of good ones; all from one `random.Random`."""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

CANARY = "echoed-7b1e50c4d92f6a38-key"
_ESC = "\x1b[2J\x1b]0;owned\x07"
_BIDI = "\u202egpj.exe\u2066"


def links(origin: str) -> list[str]:
    """Links that a hostile or broken service may give."""
    return [
        *("", " ", "x", "//", "http://", "https://", "://", "data:,", "data:image/png;base64,AAAA"),
        *("file:///etc/passwd", "ftp://h/a", "gopher://127.0.0.1/_x", "javascript:alert(1)"),
        *("http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://[::1]/"),
        *("https://127.0.0.1/a.png", "https://localhost/", "https://10.0.0.1/", "https://0/"),
        *("https://0x7f.1/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25lo]/", "//host/a"),
        *("https://u:p@example.com/", "https://example.com:99999/", "https://example.com:-1/"),
        *(
            "https://exa mple.com/",
            "https://example.com/\x00",
            "https://a\r\nX-A: b/",
            "https://%00/",
        ),
        *("https://xn--/", "https://\u202e.com/", "https://\ud800.com/", "https://" + "a" * 300),
        *(
            "https://" + "a." * 500 + "com/",
            "https://example.com/" + "p" * 70_000,
            "HTTPS://EXAMPLE",
        ),
        *(origin + "/files/loop", origin + "/files/away", origin + "/files/a b", origin + "?#"),
        *(origin + "/../files/x", origin.replace("127.0.0.1", "localhost") + "/files/x"),
    ]


def values(origin: str) -> list[Any]:
    """Values where another was expected."""
    deep: Any = "deep"
    for _ in range(60):
        deep = [deep]
    return [
        *(None, True, False, 0, -1, 1, 1.5, 1e308, -1e308, 10**30, -(10**30), float("nan")),
        *(float("inf"), "", " ", "0", "-1", "²", "9" * 5000, "1e400", "null", "None", "\x00"),
        *(
            "\ud800",
            "a\nb\r\nc",
            _ESC,
            _BIDI,
            "x" * 20_000,
            "=cmd|' /C calc'!A0",
            "{}",
            "{0}",
            "%s",
        ),
        *(
            deep,
            [],
            {},
            [[]],
            [{}],
            {"": ""},
            [None] * 50,
            {"url": {"url": "x"}},
            "../../etc/passwd",
        ),
        *("succeeded", "failed", "completed", "cancelled", "expired", "queued", "running", "done"),
        *(CANARY, f"Bearer {CANARY}", f"no such key {CANARY}", CANARY[:12], CANARY[-12:]),
        *(b64encode(CANARY.encode()).decode(), "cgt-..", "..", "task_1", "a/b", "a?b"),
        *links(origin),
    ]


class Strange:
    """Changes one good answer in one to three ways."""

    def __init__(self, chance: random.Random, origin: str, others: Sequence[bytes]) -> None:
        self._chance = chance
        self._origin = origin
        self._others = others

    def body(self, content: bytes) -> bytes:
        """A body that may be anything by now."""
        for _ in range(self._chance.choice((1, 1, 2, 3))):
            ways: list[Callable[[bytes], bytes]] = [self.bytes_of]
            if b"data:" in content[:4000] and b"\n\n" in content:
                ways += [self._events] * 3
            elif content[:1] in {b"{", b"["}:
                ways += [self._value] * 4
            content = self._chance.choice(ways)(content)
        return content

    def bytes_of(self, content: bytes) -> bytes:
        """Bytes flipped, cut, doubled, mixed, or encoded in another way."""
        chance, at = self._chance, self._chance.randrange(len(content) + 1)
        to = min(len(content), at + chance.choice((1, 2, 8, 100, 5000)))
        noise = chance.randbytes(chance.choice((1, 4, 40)))
        other = chance.choice(self._others)
        ways: list[Callable[[], bytes]] = [
            lambda: content[:at],
            lambda: content[at:],
            lambda: content[:at] + content[to:],
            lambda: content[:to] + content[at:],
            lambda: content[:at] + noise + content[at:],
            lambda: content[:at] + noise + content[at + len(noise) :],
            lambda: content[:at] + other + content[at:],
            lambda: content + other,
            lambda: other,
            lambda: b"\xef\xbb\xbf" + content,
            lambda: content.decode(errors="replace").encode("utf-16"),
            lambda: content.decode(errors="replace").encode("utf-32"),
            lambda: gzip.compress(content),
            lambda: content.replace(b"\n", chance.choice((b"\r", b"\r\n", b"\x00", b" "))),
            lambda: content.replace(b'"', b"'"),
            lambda: content.replace(b"}", b"", 1),
            lambda: b"<html><body>502 Bad Gateway " + CANARY.encode() + b"</body></html>",
            lambda: b"",
            lambda: b"\x00" * chance.choice((1, 5000)),
            lambda: b"[" * chance.choice((10, 2000, 200_000)),
            lambda: b'{"a":' * chance.choice((10, 2000, 100_000)),
        ]
        return chance.choice(ways)()

    def _value(self, content: bytes) -> bytes:
        """JSON of which some values, names or entries are others."""
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            return self.bytes_of(content)
        for _ in range(self._chance.choice((1, 1, 2, 4))):
            value = self._changed(value)
        is_doubled = self._chance.random() < 0.05
        text = json.dumps(value, ensure_ascii=self._chance.random() < 0.5)
        if is_doubled and text.startswith("{"):
            text = "{" + text[1:-1] + "," + text[1:]
        return text.encode(errors="surrogatepass")

    def _changed(self, value: Any) -> Any:
        value = copy.deepcopy(value)
        places = [*_places(value)]
        if not places:
            return self._chance.choice(values(self._origin))
        parent, name = self._chance.choice(places)
        match self._chance.randrange(6):
            case 0:
                del parent[name]
            case 1 if isinstance(parent, dict):
                parent[str(self._chance.choice(values(self._origin)))] = parent.pop(name)
            case 2 if isinstance(parent, list):
                parent.extend(copy.deepcopy(parent[:20]))
            case 3:
                other, which = self._chance.choice(places)
                parent[name] = copy.deepcopy(other[which])
            case 4 if isinstance(parent, dict):
                error = {"code": self._chance.choice(values(self._origin)), "message": CANARY}
                parent["error"] = error
            case _:
                parent[name] = self._chance.choice(values(self._origin))
        return value

    def _events(self, content: bytes) -> bytes:
        """A stream of which events are lost, doubled, changed, in another order or framing."""
        chance = self._chance
        events = content.split(b"\n\n")
        at = chance.randrange(len(events))
        match chance.randrange(8):
            case 0:
                del events[at]
            case 1:
                events.insert(at, events[chance.randrange(len(events))])
            case 2:
                chance.shuffle(events)
            case 3:
                events = events[:at]
            case 4:
                events[at] = b": comment\nid: 7\nretry: x\n" + events[at]
            case 5:
                events[at] = b"data: " + b"x" * chance.choice((10, 100_000))
            case 6:
                return content.replace(b"\n", chance.choice((b"\r", b"\r\n")))
            case _:
                head, mark, tail = events[at].partition(b"data: ")
                events[at] = head + mark + self._value(tail)
        return b"\n\n".join(events)

    def picture(self, content: bytes) -> bytes:
        """A result: whole, or anything else."""
        if self._chance.random() < 0.5:
            return content
        at = self._chance.randrange(len(content) + 1)
        noise = self._chance.randbytes(40)
        return self._chance.choice(
            (
                content[:at],
                content[:at] + noise + content[at + 40 :],
                content + noise,
                noise,
                b"",
                b"<html></html>",
                gzip.compress(content),
                b"%PDF-1.4\n" + content,
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            )
        )


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and its name or number there."""
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        one = todo.pop()
        if not isinstance(one, dict | list):
            continue
        for name, entry in one.items() if isinstance(one, dict) else enumerate(one):
            found.append((one, name))
            if isinstance(entry, dict | list):
                todo.append(entry)
    return found


def picture(kind: str, size: tuple[int, int] = (48, 32)) -> bytes:
    """A small picture that is whole."""
    stored = io.BytesIO()
    Image.new("RGB", size, (10, 120, 200)).save(stored, kind)
    return stored.getvalue()
