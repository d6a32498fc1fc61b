"""The running daemon: one per state directory, stopped in two phases."""
