"""Certification of published versions: requests, reviews, certificates, and what ends them."""
