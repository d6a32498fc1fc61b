"""Tests of settings, rules and keys."""
