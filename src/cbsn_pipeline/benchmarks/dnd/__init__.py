"""DND, the Darmstadt Noise Dataset."""
