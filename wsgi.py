"""The composition root: which systems are active."""

from app.admin.system import AdminCentre
from app.cli import commands
from app.configurator import Configurator
from app.vault.system import SecretManagement

cfg = Configurator.from_environment()
secret_management = cfg.activate(SecretManagement)
cfg.activate(AdminCentre)
cfg.on_app(commands)
app = cfg.flask_app()
