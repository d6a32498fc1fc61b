"""seedwatch: drop a picture into a folder, get a generated picture out of another."""

__version__ = "0.1.0"
