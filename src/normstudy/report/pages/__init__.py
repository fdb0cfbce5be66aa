"""What pages other than the report need besides the core."""
