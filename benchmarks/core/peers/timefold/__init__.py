"""Timefold, the open-source solver in Java that came out of OptaPlanner, on a model of its own (``java/``).

Its wheel on PyPI brings the Java solver; the model is written in Java too, which its makers say is much faster than
Python. Nothing of it is installed with the project: `ready` does it where the peer is asked for.
"""
