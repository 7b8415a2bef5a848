"""Settings that the admin centre can change: the file gives them, what is stored here wins."""
