"""What comes out: the spool of paid answers, delivery, sidecars, cards, and retired sources."""
