"""The queue: every row, every transition, every question; SQL lives only here."""
