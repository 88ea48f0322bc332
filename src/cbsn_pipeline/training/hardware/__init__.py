"""What a training runs on: device, speed settings, processes, memory errors."""
