"""The ASGI application: one port for pages, API and live streams."""

import os
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_pages = cast(Any, WSGIMiddleware)(get_wsgi_application(), workers=8)  # its types know only its own scopes

from config.live import Live  # noqa: E402 – models can be imported only after get_wsgi_application()

application = Live(_pages)
