"""The look of a derivation on a page of its own, in a notebook and on a site."""

STYLE = """
.symsched-derivation {
  --ground: #ffffff; --panel: #f5f6f8; --ink: #1c1e21; --soft: #555a62; --line: #d5d8dd;
  box-sizing: border-box; margin: 0 auto; padding: 1.25rem .9rem 2.5rem; max-width: 52rem; min-height: 100%;
  background: var(--ground); color: var(--ink); text-align: left;
  font: 1rem/1.55 Charter, "Bitstream Charter", "Source Serif 4", Cambria, Georgia, "DejaVu Serif", serif;
}
@media (prefers-color-scheme: dark) {
  .symsched-derivation { --ground: #16181c; --panel: #1f2227; --ink: #e6e8eb; --soft: #a9afb8; --line: #3b4047; }
}
html:has(> body > .symsched-derivation) { color-scheme: light dark; }
@media (prefers-color-scheme: dark) { html:has(> body > .symsched-derivation) { background: #16181c; } }
.symsched-derivation h1, .symsched-derivation h2, .symsched-derivation dt {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  color: var(--ink);
}
.symsched-derivation h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .8rem; }
.symsched-derivation h2 { font-size: 1.1rem; line-height: 1.4; margin: 0 0 .6rem; }
.symsched-derivation article { margin: 0; padding: 1.2rem 0; border-top: 1px solid var(--line); }
.symsched-derivation .count, .symsched-derivation .checked { color: var(--soft); font-weight: 400; }
.symsched-derivation dl { margin: 0; }
.symsched-derivation dt { font-size: .8125rem; font-weight: 600; color: var(--soft); margin: .6rem 0 .1rem; }
.symsched-derivation dd { margin: 0; overflow-wrap: anywhere; }
.symsched-derivation ul { margin: .2rem 0; padding-left: 1.2rem; }
.symsched-derivation .formula {
  overflow-x: auto; overflow-y: hidden; margin: .4rem 0 .2rem; padding: .6rem .8rem;
  background: var(--panel); border-radius: .4rem;
}
.symsched-derivation .formula:focus-visible { outline: 2px solid var(--soft); outline-offset: 2px; }
.symsched-derivation math {
  font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "Noto Sans Math", math, serif;
}
.symsched-derivation .formula math { display: block math; text-align: left; margin: .35rem 0; width: max-content; }
@media (min-width: 40rem) {
  .symsched-derivation { padding: 2rem 1.25rem 4rem; font-size: 1.0625rem; }
  .symsched-derivation dl { display: grid; grid-template-columns: 6.2rem minmax(0, 1fr); gap: .35rem .6rem; }
  .symsched-derivation dt { margin: .25rem 0 0; }
}
@media print {
  .symsched-derivation { --ground: #fff; --panel: #fff; --ink: #000; --soft: #444; --line: #bbb; max-width: none; }
  .symsched-derivation .formula { overflow: visible; border: 1px solid var(--line); break-inside: avoid; }
}
"""
