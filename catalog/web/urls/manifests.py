"""Routes of what comes in and goes out as files."""

from django.urls import path

from catalog.web.manifests.views import manifest_page

urlpatterns = [path("publish/manifest", manifest_page, name="manifest_page")]
