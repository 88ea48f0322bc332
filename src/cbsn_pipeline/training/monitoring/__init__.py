"""What a training reports while it runs: metrics, pictures, alarms."""
