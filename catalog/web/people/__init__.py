"""Pages of one's own account, and of joining by an invitation."""
