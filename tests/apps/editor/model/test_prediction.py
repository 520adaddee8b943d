"""Predicted attributes in words."""

import numpy as np

from apps.editor.model.prediction import prediction_text


def test_predictions_speak_the_predictors_language() -> None:
    assert prediction_text("Hc", np.array([0.93, 0.04, 0.01, 0.01, 0.01])) == "black 0.93"
    assert prediction_text("Bp", np.float32(-0.314)) == "-0.31"
