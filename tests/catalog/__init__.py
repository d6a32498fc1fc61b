"""Tests of what the catalog says of models."""
