"""Pictures: what they really are, whether they are whole, and how they fit a model's limits."""
