"""Room allocation: a frozen Problem becomes a checked Plan, with a proof of how good it is."""
