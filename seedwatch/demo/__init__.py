"""The demo: real photographs through the real daemon, against the simulator, then verified."""
