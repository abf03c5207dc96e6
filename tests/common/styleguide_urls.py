"""The project's URLs and the style guide, which otherwise exists in debug only."""

from django.urls import path

from common.styleguide import index
from config.urls import urlpatterns as project

urlpatterns = [*project, path("styleguide/", index, name="styleguide")]
