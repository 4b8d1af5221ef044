"""``python -m api.cli`` is ``keyrack``."""

from api.cli import main

if __name__ == "__main__":
    main()
