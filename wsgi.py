"""The composition root: which systems are active. `app` is for WSGI, `served` for the server of `tresor serve`."""

from app.admin.system import AdminCentre
from app.cli import commands
from app.configurator import Configurator
from app.vault.system import SecretManagement
from app.web.serving import Served

cfg = Configurator.from_environment()
secret_management = cfg.activate(SecretManagement)
cfg.activate(AdminCentre)
cfg.on_app(commands)
app = cfg.flask_app()
served = Served(app, most=app.config["MAX_CONTENT_LENGTH"])
