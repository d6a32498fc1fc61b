"""Carries claims from the queue to the outbox: send, collect, deliver, retire."""
