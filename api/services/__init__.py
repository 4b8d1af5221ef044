"""Use cases as plain functions on a session or an engine; no web framework, no schema of the outside."""
