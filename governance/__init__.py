"""What is allowed, and whether promises are kept."""
