"""SIDD, the Smartphone Image Denoising Dataset."""
