"""CP-SAT: the only package that imports ortools, and slowly: import it where it is called, not above.

``variables`` has what is decided, ``constraints`` one function a rule and ``objective`` one a term, by the names of
:mod:`allocator.rules`; ``model`` puts a window together and ``run`` solves it.
"""
