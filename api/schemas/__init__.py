"""What goes in and out over HTTP: separate models each way; unknown fields are refused, answers are complete."""
