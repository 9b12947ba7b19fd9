"""Who may see and do what: roles, and the one answer that every surface asks for."""
