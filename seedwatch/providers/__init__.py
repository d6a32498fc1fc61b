"""How to talk to generation services: the wire formats, and the one place that touches httpx."""
