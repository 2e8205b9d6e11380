"""The look of the HTML page."""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f5f6f8; --ink: #1c1e21; --soft: #555a62; --line: #d5d8dd; --link: #0b5394;
  --agrees: #00634a; --agrees-ground: #e2f4ee; --fails: #a12f00; --fails-ground: #fdeae1;
  --notyet: #50545b; --notyet-ground: #eceef1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #16181c; --panel: #1f2227; --ink: #e6e8eb; --soft: #a9afb8; --line: #3b4047; --link: #8cc4ff;
    --agrees: #5fdcb4; --agrees-ground: #12352a; --fails: #ff9d6b; --fails-ground: #43210f;
    --notyet: #c0c5cc; --notyet-ground: #2c3036;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 68rem; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.6 Charter, "Bitstream Charter", "Source Serif 4", Cambria, Georgia, "DejaVu Serif", serif;
}
h1, h2, h3, table, figcaption, .note, .badge, .banner {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", "DejaVu Sans", sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; margin: 3rem 0 1rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.15rem; line-height: 1.35; margin: 0 0 .6rem; }
p { max-width: 44rem; margin: .6rem 0; }
a { color: var(--link); }
a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav { position: sticky; top: 0; z-index: 1; display: flex; gap: .35rem; overflow-x: auto; padding: .5rem 0;
  background: var(--ground); border-bottom: 1px solid var(--line);
  font: .875rem/1.4 system-ui, "DejaVu Sans", sans-serif;
}
nav a { padding: .1em .55em; border-radius: 1em; text-decoration: none; white-space: nowrap; }
h2, article { scroll-margin-top: 3rem; }
sub, sup { font-size: .75em; line-height: 0; }
.banner { margin: 1rem 0 1.5rem; padding: .7rem 1rem; border-radius: .5rem;
  border-left: .35rem solid; font-weight: 600;
}
.badge { display: inline-block; padding: .05em .6em; border-radius: 1em;
  font-size: .875rem; font-weight: 600; white-space: nowrap;
}
.agrees { color: var(--agrees); background: var(--agrees-ground); }
.fails { color: var(--fails); background: var(--fails-ground); }
.notyet { color: var(--notyet); background: var(--notyet-ground); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; line-height: 1.4; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th, td { padding: .45rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--ink); white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 500; min-width: 11rem; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.rule { color: var(--soft); font-size: .8125rem; min-width: 12rem; }
.settings { width: auto; }
article { margin: 0 0 3rem; padding-top: 1rem; }
.count { color: var(--soft); font-weight: 500; }
.formula { overflow-x: auto; overflow-y: hidden; margin: .9rem 0; padding: .9rem 1rem;
  background: var(--panel); border-radius: .5rem;
}
math {
  font-size: 1.12em;
  font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "Noto Sans Math", math, serif;
}
.formula math[display="block"] { text-align: left; margin: .45rem 0; width: max-content; }
.note { color: var(--soft); font-size: .875rem; }
figure { margin: 1.5rem 0; max-width: 44rem; }
figure img { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: .5rem; }
figcaption { color: var(--soft); font-size: .875rem; line-height: 1.45; margin-top: .5rem; }
@media (max-width: 40rem) { body { padding: 1.25rem .9rem 3rem; font-size: 1rem; } h1 { font-size: 1.5rem; } }
@media print {
  :root {
    color-scheme: light; --ground: #fff; --panel: #fff; --ink: #000; --soft: #444; --line: #bbb; --link: #000;
    --agrees: #00523d; --fails: #8a2800; --notyet: #444;
    --agrees-ground: #fff; --fails-ground: #fff; --notyet-ground: #fff;
  }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .formula { border: 1px solid var(--line); }
  .scroll, .formula { overflow: visible; }
  .badge { padding: 0; }
  table { font-size: 8.5pt; }
  td.rule { font-size: 7.5pt; }
  h2, h3 { break-after: avoid; }
  figure, tr, .formula { break-inside: avoid; }
  a { text-decoration: none; }
  nav { display: none; }
}
"""
