"""Importing a hotel: its rooms and bookings from CSV, or a real hotel's demand."""

from api.services.imports.faults import Fault, ImportRefused
from api.services.imports.files import Files, Imported, import_files, import_into

__all__ = ["Fault", "Files", "ImportRefused", "Imported", "import_files", "import_into"]
