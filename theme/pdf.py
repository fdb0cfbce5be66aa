"""What is done to Quarto's PDF when it is there: Quarto calls this by itself (`post-render` in `_quarto.yml`)."""

import os
from pathlib import Path

from normstudy.paths import write_whole
from normstudy.preview.pdf_marks import without_suspects


def main() -> None:
    for path in Path(os.environ["QUARTO_PROJECT_OUTPUT_DIR"]).glob("*.pdf"):
        pdf = path.read_bytes()
        if pdf != without_suspects(pdf):
            write_whole(path, without_suspects(pdf))


if __name__ == "__main__":
    main()
