"""The practices of safe exchange access as rules."""
