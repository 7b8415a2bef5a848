"""The one way out to servers that a person named: guarded, in time, and what comes back is cleaned."""
