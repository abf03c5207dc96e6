"""The ASGI application: one port for pages, API and live streams."""

import os

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = WSGIMiddleware(get_wsgi_application(), workers=8)
