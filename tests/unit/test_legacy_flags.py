"""legacy_flags: what Seedance would obey at the end of a prompt is taken off, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.providers.protocols.legacy_flags import without_flags
from seedwatch.simulator.ark_video_flags import split_flags


@pytest.mark.parametrize(
    ("prompt", "kept", "taken"),
    [
        ("a fox", "a fox", ""),
        ("a fox --dur 10", "a fox", "--dur 10"),
        ("a fox  --rs 1080p --rt 16:9 ", "a fox", "--rs 1080p --rt 16:9"),
        ("a fox --WM=true", "a fox", "--WM=true"),
        ("a fox\n--seed -1\n--cf false\n", "a fox", "--seed -1\n--cf false"),
        ("a fox --camerafixed", "a fox", "--camerafixed"),
        ("a fox --cf --fps 24", "a fox", "--cf --fps 24"),
        ("--dur 5", "", "--dur 5"),
        ("turn --dur 10 into gold", "turn --dur 10 into gold", ""),
        ("a fox --style ink", "a fox --style ink", ""),
        ("a fox--dur 10", "a fox--dur 10", ""),
        ("a fox -- dur 10", "a fox -- dur 10", ""),
        ("a fox --duration-free", "a fox --duration-free", ""),
        ("a fox  ", "a fox  ", ""),
        ("", "", ""),
    ],
)
def test_flags_at_the_end_are_taken_off(prompt: str, kept: str, taken: str) -> None:
    """The documented names in any case (protocols.md 3.2); words that are no flags stay."""
    assert without_flags(prompt) == (kept, taken)


words = st.sampled_from(
    [
        "a",
        "fox",
        "--dur",
        "--rs",
        "--wm",
        "--",
        "--x",
        "10",
        "-1",
        "1080p",
        "true",
        "\n",
        "16:9",
        "=5",
    ]
)


@given(st.lists(words, max_size=12).map(" ".join))
def test_nothing_is_left_that_the_service_would_obey(prompt: str) -> None:
    """The simulator's own reader, typed from the documents, finds no flag in what is sent."""
    kept, taken = without_flags(prompt)
    assert split_flags(kept)[1] == {}
    assert prompt.startswith(kept)
    assert taken in prompt


@given(st.text(max_size=200))
def test_any_text_can_be_read(prompt: str) -> None:
    """No prompt is too odd, and only its end ever changes."""
    kept, _ = without_flags(prompt)
    assert prompt.startswith(kept)
