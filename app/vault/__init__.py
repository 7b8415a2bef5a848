"""The vault: secrets as typed, sealed, shared and published."""
