"""Writing what was promised, what was seen and how promises stand; one file per occasion."""
