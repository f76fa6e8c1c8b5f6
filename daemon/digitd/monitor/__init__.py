"""The web page: what is heard and what comes of it, live, for whoever looks."""
