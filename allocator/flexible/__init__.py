"""Problems whose plans decide more than rooms: stays in parts, closures that may be moved, rooms ready late today."""
