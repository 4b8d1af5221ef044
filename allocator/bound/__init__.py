"""Lower bounds that hold for every plan, and the prices they come from."""
