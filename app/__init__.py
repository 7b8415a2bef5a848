"""Tresor, a self-hosted secret vault. The map of this folder, from the floor up:

errors, clock, settings, subject, database   small, named after what they are
crypto        bytes in, bytes out: the sealed form, keyring, root key, passwords (FORMAT.md)
blobs         where payloads lie: a folder or Azure Blob Storage
generator     passwords that the server makes: the rule of a field, word lists, strength
credentials   what a secret type is: declaration, fields, registry, the built-in types
web           what every page shares: boundary, gate, headers, error pages, languages
configurator  activates systems and builds the Flask app; knows no system
keys          the keyring's row, and sealed rows
audit         the trail, and the newest revision of every object
outbox        the mails to send, stored with what causes them
users         people, roles, sessions, memberships
groups        teams and the system group
vault         secrets: heads, the safe, sharing, trash, use in process
admin         the admin centre: the cards of the active systems
migrations    the schema, from the first table on
cli           the `tresor` command

A package imports only from those above it in this list (cli and migrations from all).
"""
