"""Pages for operators of the installation."""
