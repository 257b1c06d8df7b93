"""Draws a terminal's screen, as `tmux capture-pane -e -p` prints it, as SVG.  usage: screen.py COLUMNS <SCREEN >PICTURE"""
import re
import sys
from html import escape

COLORS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 90: "#8b949e"}
PAPER, INK, BAR = "#0d1117", "#e6edf3", "#161b22"
WIDE, HIGH, SIZE, EDGE, TOP = 8.43, 20, 14, 18, 60

columns = int(sys.argv[1])
lines = sys.stdin.read().rstrip("\n").split("\n")
while lines and not re.sub(r"\x1b\[[\d;]*m", "", lines[-1]).strip():
    lines.pop()
width, height = round(columns * WIDE + 2 * EDGE), TOP + len(lines) * HIGH + 14
out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
       'aria-label="A terminal after manifold bake">',
       f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
       f'<path d="M0 34V8a8 8 0 0 1 8-8h{width - 16}a8 8 0 0 1 8 8v26z" fill="{BAR}"/>']
out += [f'<circle cx="{20 + 20 * i}" cy="17" r="6" fill="{color}"/>' for i, color in enumerate(("#ff5f56", "#ffbd2e", "#27c93f"))]
out.append('<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',\'Liberation Mono\',monospace" '
           f'font-size="{SIZE}" fill="{INK}" xml:space="preserve">')
color, bold = None, False
for number, line in enumerate(lines):
    column = 0
    for codes, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", line):
        if not text:
            for code in (int(each or 0) for each in codes.split(";")):
                if code == 0:
                    color, bold = None, False
                elif code == 1:
                    bold = True
                elif code in (39, 22):
                    color, bold = (None, bold) if code == 39 else (color, False)
                elif code in COLORS:
                    color = COLORS[code]
            continue
        for word in re.finditer(r"\S+(?: \S+)*", text):  # each piece has its own place, whatever font the reader has
            look = (f' fill="{color}"' if color else "") + (' font-weight="bold"' if bold else "")
            x, length = EDGE + (column + word.start()) * WIDE, len(word.group()) * WIDE
            out.append(f'<text x="{x:.1f}" y="{TOP + number * HIGH}" textLength="{length:.1f}"{look}>{escape(word.group())}</text>')
        column += len(text)
out.append("</g></svg>")
print("\n".join(out))
