"""The composition root: settings, routes, health and everything that lets both apps meet."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
