"""DMXAPI, a relay: Seedream as Ark has it, gpt-image and dall-e-3 as OpenAI has them.

Here stands only in what they differ (protocols.md 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seedwatch.catalog import Model
from seedwatch.errors import ProviderError
from seedwatch.providers.base import Picture, Reply
from seedwatch.providers.protocols import dmxapi_errors
from seedwatch.providers.protocols.ark_images import ArkImages
from seedwatch.providers.protocols.openai_images import OpenAiImages
from seedwatch.records import Generation


class DmxSeedream(ArkImages):
    """Seedream and SeedEdit (protocols.md 5.2).

    Answers have neither `model`, `size` nor the number charged; the links are Ark's own.
    """

    error_of = staticmethod(dmxapi_errors.stated_error)

    def fields(
        self, model: Model, generation: Generation, pictures: Sequence[Picture]
    ) -> dict[str, Any]:
        """The JSON body; `stream` is said outright, as the relay's own samples do."""
        body = super().fields(model, generation, pictures)
        return ({"stream": False} if model.knows("stream") else {}) | body

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return dmxapi_errors.classify(reply.status, reply.headers, reply.content)


class DmxGpt(OpenAiImages):
    """gpt-image and dall-e-3 (protocols.md 5.3): n and size are required."""

    several = "image"
    """the part is repeated (protocols.md 5.1)"""
    always_counts = True
    error_of = staticmethod(dmxapi_errors.stated_error)

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""
        return dmxapi_errors.classify(reply.status, reply.headers, reply.content)
