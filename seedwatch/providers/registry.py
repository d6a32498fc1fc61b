"""Which wire format each model of the catalog speaks."""

from __future__ import annotations

from typing import Final

from seedwatch.providers.base import WireProtocol
from seedwatch.providers.protocols.apimart import ApimartImages, ApimartVideos
from seedwatch.providers.protocols.ark_images import ArkImages
from seedwatch.providers.protocols.ark_video import ArkVideo
from seedwatch.providers.protocols.dmxapi import DmxGpt, DmxSeedream
from seedwatch.providers.protocols.openai_images import OpenAiImages

_PROTOCOLS: Final[dict[str, WireProtocol]] = {
    "apimart-images": ApimartImages(),
    "apimart-videos": ApimartVideos(),
    "ark-images": ArkImages(),
    "ark-video": ArkVideo(),
    "dmxapi-gpt": DmxGpt(),
    "dmxapi-seedream": DmxSeedream(),
    "openai-images": OpenAiImages(),
}


def protocol_named(name: str) -> WireProtocol:
    """The protocol that a model of the catalog names.

    Raises:
        KeyError: there is none.
    """
    return _PROTOCOLS[name]
