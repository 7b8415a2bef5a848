"""The blob port and its adapters."""
