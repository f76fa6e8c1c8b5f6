"""Every published number: measured on the exported file, through the daemon's own pipeline."""
