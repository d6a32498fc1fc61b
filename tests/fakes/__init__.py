"""Scripted stand-ins for what lies below the lowest seam."""
