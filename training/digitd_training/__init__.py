"""Makes and judges the model files that digitd listens with."""
