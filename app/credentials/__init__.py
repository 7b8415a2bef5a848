"""What a credential type is, how it is declared, and what its values must be.

declare   `Credentials`, `@credential_type`, and the port `Network` through which a type may try its values
fields    `field()` and the frozen `FieldSpec` that it becomes
faults    what can be wrong in a declaration
styles    what each style of text accepts and how it is written
reading   one raw value of a form, an import or a command to the value that its field declares
values    all values of a secret: validate, merge, plain, canonical JSON
registry  the types of this installation, by id
types/    those that come with Tresor
"""

from app.credentials.declare import CheckFailed, Credentials, CredentialType, Network, credential_type
from app.credentials.fields import FieldSpec, field
from app.generator.rule import Generator

__all__ = [
    "CheckFailed",
    "CredentialType",
    "Credentials",
    "FieldSpec",
    "Generator",
    "Network",
    "credential_type",
    "field",
]
