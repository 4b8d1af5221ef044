"""Routes: parse, call one service function, return. Plain ``def``, each with its permission."""
