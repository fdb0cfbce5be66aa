"""Kill the main job at random moments, let it go on, and compare with an undisturbed one (`make fault-test`)."""
