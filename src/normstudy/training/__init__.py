"""How one run is made: data, augmentation, the loop, optimizer and schedule, evaluation, checkpoints."""
