"""The credential types that come with Tresor."""

from app.credentials.declare import Credentials
from app.credentials.types.api_key import ApiKey
from app.credentials.types.jira import Jira
from app.credentials.types.login import Login
from app.credentials.types.note import Note
from app.credentials.types.smtp import SMTP, Encryption

BUILT_IN: tuple[type[Credentials], ...] = (Login, ApiKey, Jira, Note, SMTP)
"""In the order of the type picker."""

__all__ = ["BUILT_IN", "SMTP", "ApiKey", "Encryption", "Jira", "Login", "Note"]
