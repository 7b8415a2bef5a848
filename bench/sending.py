"""Tresor with an outbox that takes mails, and sends none: what strangers ask for is decided, and answered, as usual."""

from app.configurator import Configurator
from app.outbox.service import Outbox
from app.vault.system import SecretManagement

cfg = Configurator.from_environment()
cfg.activate(SecretManagement)
cfg.get(Outbox).opens(lambda: None)
app = cfg.flask_app()
