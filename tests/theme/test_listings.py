"""Listings in the PDF, by the filter that keeps short ones on one page."""

import pypandoc
from commands import ROOT


def test_a_short_listing_stays_whole_and_a_long_one_may_be_parted():
    def printed(lines):
        arguments = ["--lua-filter", str(ROOT / "theme/whole.lua")]
        return pypandoc.convert_text("```\n" + "x\n" * lines + "```", "typst", format="md", extra_args=arguments)

    assert printed(30).startswith("#block(breakable: false)[")
    assert printed(31).startswith("#place.flush()\n#block[")
    assert "#set par(justify: false)" in printed(31)
    assert "- theme/whole.lua\n" in (ROOT / "_quarto.yml").read_text(encoding="utf-8")
