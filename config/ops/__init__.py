"""Pages for those who keep the installation running."""
