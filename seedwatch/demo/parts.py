"""What the demo asks for: four folders, what goes into each, what has to come out; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from seedwatch.records import Mode

MODEL: Final = "doubao-seedream-4-0-250828"
SIZE: Final = "1K"


@dataclass(frozen=True, slots=True)
class Part:
    """One folder of the demo.

    `photos` maps a name in the inbox to a photograph, `texts` a name to its content; `results`
    are the names of the pictures without their extension, relative to the outbox; `sources` are
    what has to lie in done/ at the end.
    """

    name: str
    mode: Mode
    task_count: int
    results: tuple[str, ...]
    sources: tuple[str, ...]
    rule: dict[str, object] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Everything that goes into the inbox."""
        return (*self.photos, *self.texts)


_PHOTOS: Final = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "hubble_deep_field.jpg",
    "rocket.jpg",
)

PARTS: Final = (
    Part(
        name="text-to-image",
        mode="text-to-image",
        task_count=3,
        texts={
            "wishes.txt": "# every line is a picture\n"
            "a lighthouse at dusk, oil painting\n"
            "a red bicycle in front of a white wall\n"
            "一只在竹林里喝茶的熊猫\n"
        },
        results=("wishes_1", "wishes_2", "wishes_3"),
        sources=("wishes.txt",),
    ),
    Part(
        name="image-edit",
        mode="image-to-image",
        task_count=len(_PHOTOS),
        rule={"prompt": "turn it into a watercolour"},
        photos={name: name for name in _PHOTOS},
        results=tuple(f"{name.partition('.')[0]}_1" for name in _PHOTOS),
        sources=_PHOTOS,
    ),
    Part(
        name="two-references",
        mode="image-to-image",
        task_count=1,
        rule={"input": "folder"},
        photos={
            "stereo/motorcycle_left.png": "motorcycle_left.png",
            "stereo/motorcycle_right.png": "motorcycle_right.png",
        },
        texts={"stereo/prompt.txt": "put the motorcycle of image 1 beside the one of image 2\n"},
        results=("stereo_1",),
        sources=("stereo",),
    ),
    Part(
        name="group",
        mode="text-to-image",
        task_count=1,
        rule={"group": 4, "text": "whole"},
        texts={"seasons.txt": "the same garden in spring, summer, autumn and winter\n"},
        results=("seasons_1-1", "seasons_1-2", "seasons_1-3", "seasons_1-4"),
        sources=("seasons.txt",),
    ),
)
