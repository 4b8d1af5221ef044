"""Benchmarks: instances, peers, protocols and results. Nothing imports them."""
