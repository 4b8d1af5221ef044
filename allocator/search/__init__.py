"""The search for plans."""
