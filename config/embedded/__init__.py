"""What one machine needs to run Assay alone: data folder, bundled server, supervisor."""
