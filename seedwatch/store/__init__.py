"""The queue: every row, every transition, every question; SQL lives only here."""

DATABASE = "queue.db"
"""the name of the database below a state directory"""
