"""A budget of false accepts: what is acted on while nobody speaks is counted, and thresholds keep it few."""
