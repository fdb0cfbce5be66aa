"""Tables that are laid out like the images."""

import numpy as np

from normstudy.worked_example.layout import laid_out


def test_values_stand_where_they_stand_in_the_images():
    table = laid_out(np.arange(24).reshape(2, 3, 2, 2), str)
    assert table["image, row"].tolist() == ["1, 1", "1, 2", "2, 1", "2, 2"]
    assert table["channel 2"].tolist()[2] == "16,\u00a017"


def test_only_what_is_wide_may_be_parted():
    for length, parted in ((3, False), (30, True)):
        table = laid_out(np.arange(8).reshape(1, 2, 2, 2), lambda value, length=length: f"{value}" * length)
        assert (", " in table["channel 1"].iloc[0]) == parted
