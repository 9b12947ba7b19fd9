"""Services of certifications: the only writers of their rows."""
