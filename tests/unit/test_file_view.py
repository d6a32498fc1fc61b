"""providers.file_view: a window over a file says the same as all of its bytes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.providers import answer_file, file_view
from seedwatch.providers.answer_file import UnreadableAnswerError
from seedwatch.providers.file_view import viewed

steps = st.lists(st.tuples(st.booleans(), st.integers(0, 70), st.integers(0, 70)), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=64), steps, st.integers(1, 9))
def test_it_says_what_the_bytes_say(
    tmp_path: Path, content: bytes, steps: list[tuple[bool, int, int]], window: int
) -> None:
    """Whatever is asked in whatever order, and however small the window is."""
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch, viewed(path) as view:
        patch.setattr(file_view, "_WINDOW", window)
        assert len(view) == len(content)
        for is_find, start, end in steps:
            if is_find:
                byte = content[start : start + 1] or b"x"
                limit = min(end, len(content))
                assert view.find(byte, start, limit) == content.find(byte, start, limit)
            else:
                assert view.span(start, end) == content[start:end]


def test_a_file_that_shrinks_is_no_crash(tmp_path: Path) -> None:
    """What is gone is not found."""
    path = tmp_path / "file"
    length = 600_000  # more than the window
    path.write_bytes(b"a" * length + b"c")
    with viewed(path) as view:
        path.write_bytes(b"")
        assert len(view) == length + 1
        assert view.find(b"c", 0, length + 1) == -1
        assert view.span(length, length + 1) == b""


@pytest.mark.fault(68)
@pytest.mark.parametrize("content", [b" " * 20_000_000, b" " * 20_000_000 + b'"a"'])
def test_much_of_nothing_is_refused_cheaply(tmp_path: Path, content: bytes) -> None:
    """A long stretch without any text is not taken into memory (fault 68)."""
    path = tmp_path / "file"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableAnswerError):
            answer_file.load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
