"""What goes out: events to messages and webhooks, messages to guests, and the log of what was said."""
