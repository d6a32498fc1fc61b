"""Tests of the package `media`, on real photographs and forms made from them."""
