"""What leaves the practice: rows of the outbox."""
