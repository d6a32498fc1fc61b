"""Tests of single modules: real files and threads, fakes only under the lowest seam."""
