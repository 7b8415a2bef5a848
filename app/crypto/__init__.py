"""Cryptography: bytes in, bytes out. FORMAT.md holds the layouts; nothing else in Tresor imports `cryptography`."""
