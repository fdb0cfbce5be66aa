"""The errors of which a model was surest."""

from normstudy.report import misclassified


def test_confidence_never_rounds_up_to_certainty():
    assert misclassified.confidence_text(0.99996) == "> 99.9 %"
    assert misclassified.confidence_text(0.5) == "50.0 %"
