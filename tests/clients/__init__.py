"""What seedwatch sends, beside what the vendors' own clients send for the same request."""
