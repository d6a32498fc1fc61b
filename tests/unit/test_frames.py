"""worker.paid_call: each part of a streamed answer is on disk as soon as it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.outbox.spool import Spool
from seedwatch.worker.paid_call import _Frames

FRAME = b'event: image_generation.partial_succeeded\ndata: {"image_index": 0}'
NAME = "0" * 32 + ".answer"


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
@pytest.mark.parametrize(
    "cut", ["whole", "in its end", "behind its end", "in its end, behind another"]
)
def test_a_whole_part_is_synced_wherever_the_line_cuts(
    tmp_path: Path, end: bytes, cut: str
) -> None:
    """What arrives is cut anywhere: a part counts as soon as its empty line is there (P6).

    Red when only pieces are synced that end with a part: a kill then loses a paid picture, as what
    is not synced may still lie in memory.
    """
    spool = Spool(tmp_path / "spool")
    spool.prepare()
    pieces = {
        "whole": [FRAME + end],
        "in its end": [FRAME + end[:-1], end[-1:]],
        "behind its end": [FRAME + end + b"event: ima"],
        "in its end, behind another": [b": ping" + end + FRAME + end[:-1], end[-1:]],
    }[cut]
    with spool.writing(NAME) as file:
        frames = _Frames(file)
        for piece in pieces:
            frames.write(piece)
        assert FRAME + end in spool.part_path(NAME).read_bytes()
