import { isMoreBetter } from "../harness.ts";
import { html } from "./html.ts";
import type { Measured, Row } from "./rows.ts";
import { formatFigure, formatRatio } from "./text.ts";
import type { Verdict } from "./verdicts.ts";

/** One figure of all contestants that have it, a bar each from 0; what is asked of one is a mark on its bar. */
export function barChart(
  figure: string,
  rows: readonly Row[],
  verdicts: readonly Verdict[],
): string {
  const asked = verdicts.filter((verdict) => verdict.figure === figure);
  const bars = rows.flatMap(({ contestant, figures }) => {
    const measured = figures[figure];
    const limits = asked.filter((verdict) => verdict.contestant === contestant);
    return measured ? [{ contestant, measured, limits }] : [];
  });
  const limits = asked.map(({ limit = 0 }) => limit);
  const most = Math.max(...bars.map(({ measured }) => measured.max), ...limits) || 1;
  const direction = isMoreBetter(figure) ? "more is better" : "less is better";
  return `<figure>
${html`<figcaption>${figure} <span class="note">${direction}</span></figcaption>`}
${bars.map((one) => bar(one.contestant, one.measured, one.limits, most)).join("\n")}
</figure>`;
}

function bar(
  contestant: string,
  { median, min, max, ratio }: Measured,
  limits: readonly Verdict[],
  most: number,
): string {
  const at = (value: number) => `${((100 * Math.max(0, value)) / most).toFixed(2)}%`;
  const kind = limits.length === 0 ? "free" : limits.every(({ isMet }) => isMet) ? "met" : "unmet";
  const marks = limits.map(
    ({ limit = 0, asked }) =>
      html`<line class="mark" x1="${at(limit)}" x2="${at(limit)}" y1="0" y2="100%"><title>asked ${asked}</title></line>`,
  );
  return `<div class="bar ${kind}">
${html`<span class="name">${contestant}</span>
<svg width="100%" height="18" aria-hidden="true">
<rect x="0" y="3" width="${at(median)}" height="12" rx="1"/>
<line class="spread" x1="${at(min)}" x2="${at(max)}" y1="9" y2="9"/>`}
${marks.join("\n")}
</svg>
${html`<span class="number">${formatFigure(median)} <span class="note">${formatRatio(ratio)}</span></span>`}
</div>`;
}
