"""The images of a run: data sets by name, folders and functions of the user's, splits and augmentation."""
