"""What a training is fed with: random crops of patches, a function of seed and step."""
