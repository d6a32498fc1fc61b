"""Power cuts: what a run did to the disk, and every state that a cut may leave of it."""
