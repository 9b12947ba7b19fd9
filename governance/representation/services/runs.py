"""Reads the plan of a port and its measurements."""

from django.db.models import QuerySet

from catalog.ports.models import OutputPort
from catalog.ports.services import published_port
from governance.representation.models import RepresentationPlan, RepresentationRun


def plan_of(port: OutputPort) -> RepresentationPlan | None:
    """Return the plan of a port; of a port in a working copy, that of the published one."""
    return RepresentationPlan.objects.filter(port=published_port(port)).first()


def runs_of(port: OutputPort) -> QuerySet[RepresentationRun]:
    """Return the measurements of a port, failed ones too, the newest first."""
    runs = RepresentationRun.objects.filter(port=published_port(port))
    return runs.select_related("port__product").prefetch_related("moves")


def latest_run(port: OutputPort) -> RepresentationRun | None:
    """Return the last good measurement of a port: a later one that failed changes nothing."""
    return runs_of(port).filter(state=RepresentationRun.State.OK).first()


def last_attempt(port: OutputPort) -> RepresentationRun | None:
    """Return the last measurement of a port, whether it is good or has failed."""
    return runs_of(port).first()
