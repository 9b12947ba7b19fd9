"""Governance's models, gathered here for Django alone; everybody else imports the slices."""

from __future__ import annotations

from governance.slo.models import Breach, Measurement, Objective, ProbeSchedule, RollUp, Standing

__all__ = ["Breach", "Measurement", "Objective", "ProbeSchedule", "RollUp", "Standing"]
