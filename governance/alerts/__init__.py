"""Alerts: rules, routes, deliveries; knows none of the slices that open them."""
