"""Inboxes: noticing what people drop, waiting until it is whole, opening jobs for it."""
