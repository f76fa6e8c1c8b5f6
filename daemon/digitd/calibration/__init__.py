"""Whether a microphone and its room are fit to listen with, and which detector settings suit them. Pure."""
