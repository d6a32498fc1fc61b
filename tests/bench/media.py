"""Measures how pictures are fitted, against the fastest way that Pillow itself has."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from seedwatch.providers.bodies import DataUri, JsonBody

PHOTO = Path(__file__).parents[2] / "seedwatch" / "demo" / "photos" / "hubble_deep_field.jpg"
SOURCE_SIZE, LIMIT_SIZE = (8_000, 6_000), (4_000, 3_000)
QUALITY = 92
ROUNDS = 5
REPEATS = 3
MUST = 1.2
MUST_BEYOND = 4_000_000


def run() -> Iterator[dict[str, object]]:
    """The rows of this benchmark, one for each case; times in seconds, memory in bytes."""
    yield from fitting()
    yield streaming()


def fitting() -> Iterator[dict[str, object]]:
    """A 48 MP JPEG fitted to 4,000 x 3,000: both sides in fresh processes, taking turns.

    A process fits the picture `REPEATS` times, as a daemon fits many, and reports its median.
    """
    with tempfile.TemporaryDirectory(prefix="bench-media-") as folder:
        picture = Path(folder) / "48mp.jpeg"
        _child("make", picture)
        seen: dict[str, list[dict[str, float]]] = {"ours": [], "limit": []}
        for number in range(ROUNDS):
            for side in ("ours", "limit") if number % 2 else ("limit", "ours"):
                seen[side].append(_child(side, picture))
    ours_s, limit_s = (_median(seen[side], "wall_s") for side in ("ours", "limit"))
    ours_b, limit_b = (_median(seen[side], "peak_bytes") for side in ("ours", "limit"))
    grown_b, limit_grown_b = (_median(seen[side], "grown_bytes") for side in ("ours", "limit"))
    ratio, memory_ratio = ours_s / limit_s, grown_b / limit_grown_b
    yield {
        "bench": "media",
        "case": "fit 48 MP",
        "limit": "Pillow: DCT scaling at load, save",
        "rounds": ROUNDS,
        "ours_s": round(ours_s, 4),
        "limit_s": round(limit_s, 4),
        "ratio": round(ratio, 3),
        "ours_peak_bytes": ours_b,
        "limit_peak_bytes": limit_b,
        "peak_ratio": round(ours_b / limit_b, 3),
        "ours_grown_bytes": grown_b,
        "limit_grown_bytes": limit_grown_b,
        "memory_ratio": round(memory_ratio, 3),
        "must": MUST,
        "ok": ratio <= MUST and memory_ratio <= MUST and ours_b / limit_b <= MUST,
    }


def streaming() -> dict[str, object]:
    """A 10 MB picture in a request body: what its base64 costs beyond the picture itself."""
    picture = DataUri("image/jpeg", os.urandom(10_000_000))
    tracemalloc.start()
    body = JsonBody({"model": "m", "prompt": "p", "image": picture})
    sent = sum(len(piece) for piece in body.pieces())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "bench": "media",
        "case": "10 MB picture as base64 in the body",
        "length_known": sent == body.content_length,
        "beyond_bytes": peak,
        "must_beyond_bytes": MUST_BEYOND,
        "ratio": round(peak / MUST_BEYOND, 4),
        "ok": sent == body.content_length and peak < MUST_BEYOND,
    }


def _median(rounds: list[dict[str, float]], key: str) -> float:
    return statistics.median(found[key] for found in rounds)


def _child(side: str, picture: Path) -> dict[str, float]:
    """Run one side in a process of its own and take what it measured."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.media", side, str(picture)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    return dict(json.loads(done.stdout))


def make(picture: Path) -> None:
    """Write a 48 MP JPEG with the detail of a photograph."""
    with Image.open(PHOTO) as photo:
        large = photo.convert("RGB").resize(SOURCE_SIZE, Image.Resampling.BICUBIC)
    grain = Image.effect_noise((1_000, 750), 24).resize(SOURCE_SIZE, Image.Resampling.NEAREST)
    Image.blend(large, grain.convert("RGB"), 0.15).save(picture, "JPEG", quality=90)


def our_way() -> Callable[[Path], tuple[int, int]]:
    """Ours: from the bytes to a picture within the limits of a model."""
    # Imported here so that the other side does not carry what it does not use.
    from seedwatch.media.fit import fit  # noqa: PLC0415 - as said above
    from seedwatch.media.limits import ImageLimits  # noqa: PLC0415 - as said above
    from seedwatch.media.trials import FIRST_QUALITY  # noqa: PLC0415 - as said above

    assert FIRST_QUALITY == QUALITY
    limits = ImageLimits(
        formats=("image/jpeg", "image/png"),
        max_bytes=30_000_000,
        max_pixels=LIMIT_SIZE[0] * LIMIT_SIZE[1],
        min_side_exclusive=14,
        ratio_min=1 / 3,
        ratio_max=3.0,
    )

    def fit_ours(picture: Path) -> tuple[int, int]:
        fitted = fit(picture.read_bytes(), limits)
        return fitted.width, fitted.height

    return fit_ours


def fit_plainly(picture: Path) -> tuple[int, int]:
    """Pillow's fastest way, written as one would by hand who knows it well."""
    image: Image.Image = Image.open(io.BytesIO(picture.read_bytes()))
    image.draft("RGB", LIMIT_SIZE)
    image.load()
    if image.width > LIMIT_SIZE[0] or image.height > LIMIT_SIZE[1]:
        image = image.resize(LIMIT_SIZE, Image.Resampling.LANCZOS)
    output = io.BytesIO()
    image.save(output, "JPEG", quality=QUALITY)
    assert output.getvalue()
    return image.size


def _measure(side: str, picture: Path) -> dict[str, float]:
    import resource  # noqa: PLC0415 - Unix only, and only a child needs it

    unit = 1 if sys.platform == "darwin" else 1024
    way = our_way() if side == "ours" else fit_plainly
    Image.init()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    walls_s = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        size = way(picture)
        walls_s.append(time.perf_counter() - begun)
        assert size == LIMIT_SIZE
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"wall_s": statistics.median(walls_s), "peak_bytes": peak, "grown_bytes": peak - before}


def main(arguments: list[str]) -> None:
    """Without arguments the benchmark, one JSON object per line; else one side of one round."""
    if not arguments:
        for row in run():
            print(json.dumps(row))
        return
    side, picture = arguments[0], Path(arguments[1])
    if side == "make":
        make(picture)
        print("{}")
    else:
        print(json.dumps(_measure(side, picture)))


if __name__ == "__main__":
    main(sys.argv[1:])
