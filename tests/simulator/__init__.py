"""Tests of the provider simulator, over a real socket."""
