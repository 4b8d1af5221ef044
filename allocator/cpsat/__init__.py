"""CP-SAT: the only package that imports ortools.

(In work by a second engineer since 17:55: this package, ``search/windows.py`` and ``search/classlevel.py``. The bound,
pairs, construction and ``pipeline.py`` stay with the first, who calls what is here.)
"""
