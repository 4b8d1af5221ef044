"""The tape chart in a real browser: how long a large hotel takes to be drawn, and to be scrolled."""
