"""Tests of what is sent and received, over real sockets."""
