#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws a terminal's session as a picture that moves: recording.py TRANSCRIPT FILE.svg

The transcript is demo/record's. Every line is a text of the SVG that appears at its time, and the page is
moved up when the screen is full; where nothing moves, the last screen is shown.
"""
import html
import re
import sys

COLUMNS, ROWS, LINE, CHAR, SIZE = 100, 36, 18, 8.02, 13
TYPING, READING, PAUSE, STAY = 0.04, 0.09, 1.2, 6.0
COLOURS = {"31": "r", "32": "g", "33": "y", "1": "b", "2": "d", "36": "c", "34": "c", "35": "c"}


def spans(text):
    """The text with its colours as SVG."""
    out, classes = [], []
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if code:
            for number in (code.group(1) or "0").split(";"):
                classes = [] if number in ("0", "") else classes + [COLOURS.get(number[-2:] if len(number) > 1 else number, "")]
        elif part:
            names = " ".join(c for c in classes if c)
            safe = html.escape(part, quote=False)
            out.append(f'<tspan class="{names}">{safe}</tspan>' if names else safe)
    return "".join(out)


def read(path):
    """A list of (seconds, svg of the line), and how long it all is."""
    now, lines = 0.5, []
    with open(path, encoding="utf-8", errors="replace") as transcript:
        for record in transcript:
            kind, _, rest = record.rstrip("\n").partition(" ")
            first, _, text = rest.partition("\t")
            if kind == "P":
                if lines:
                    now += PAUSE
                    lines.append((now, ""))
                lines.append((now, f'<tspan class="p">{html.escape(first)}</tspan> '
                              f'<tspan class="b">{html.escape(text, quote=False)}</tspan>'))
                now += TYPING * len(text) + 0.3
                begun = now
            else:
                now = max(now + (READING if text.strip() else 0.02), begun + min(float(first), 4))
                lines.append((now, spans(text)))
    return lines, now


def main():
    """Writes the picture."""
    lines, last = read(sys.argv[1])
    total = last + STAY
    width, height = int(COLUMNS * CHAR) + 24, ROWS * LINE + 24
    steps = [f"0%{{transform:translateY(0)}}"]
    for i, (when, _) in enumerate(lines):
        if i >= ROWS:
            percent = 100 * when / total
            steps.append(f"{percent:.3f}%{{transform:translateY({(ROWS - i - 1) * LINE}px)}}")
    end = min(0, ROWS - len(lines)) * LINE
    steps.append(f"100%{{transform:translateY({end}px)}}")
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
           'aria-label="A terminal: seawall finds what is open, closes it, and says what is up">',
           "<style>",
           f"text{{font:{SIZE}px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#d7dce2;white-space:pre}}",
           ".r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#e3b341}.c{fill:#79c0ff}.b{font-weight:bold}.d{opacity:.6}.p{fill:#7ee787}",
           f"#page{{transform:translateY({end}px);animation:up {total:.2f}s step-end 1}}",
           "text{opacity:1;animation:come 1s step-end backwards}",
           "@keyframes come{0%{opacity:0}1%{opacity:1}}",
           "@keyframes up{" + "".join(steps) + "}",
           "@media (prefers-reduced-motion:reduce){#page,text{animation:none}}",
           "</style>",
           f'<rect width="{width}" height="{height}" rx="8" fill="#11161d"/>',
           f'<clipPath id="screen"><rect x="0" y="8" width="{width}" height="{ROWS * LINE + 8}"/></clipPath>',
           '<g clip-path="url(#screen)"><g id="page">']
    for i, (when, text) in enumerate(lines):
        if text:
            out.append(f'<text x="12" y="{12 + (i + 1) * LINE - 4}" xml:space="preserve" '
                       f'style="animation-delay:{when:.2f}s">{text}</text>')
    out.append("</g></g></svg>")
    with open(sys.argv[2], "w", encoding="utf-8") as picture:
        picture.write("\n".join(out) + "\n")


main()
