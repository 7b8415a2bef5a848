"""Teams, and the system group of the installation's own automations."""
