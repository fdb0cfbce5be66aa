"""What is wrong with images of one's own."""

from normstudy.errors import NormstudyError


class OwnImagesError(NormstudyError):
    """A folder or a function does not give images that a run could be about: one line with the place and the remedy."""
