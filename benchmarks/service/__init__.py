"""Benchmarks of the whole service, on a real hotel's demand; they may use the database."""
