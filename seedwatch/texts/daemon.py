"""Sentences of the area `daemon`."""

from __future__ import annotations

from seedwatch.texts import Text

TEXTS: dict[str, Text] = {
    "another": Text(
        "Another seedwatch already works on {path}.", "另一个 seedwatch 正在使用 {path}。"
    ),
    "another_do": Text(
        "Stop it first, or give this one a state_dir of its own.",
        "请先停止它，或为这一个设置单独的 state_dir。",
    ),
}
