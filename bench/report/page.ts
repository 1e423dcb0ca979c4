import { readFileSync } from "node:fs";
import { barChart } from "./bar-chart.ts";
import { html } from "./html.ts";
import type { Failure, Result } from "./result.ts";
import { figuresOf } from "./rows.ts";
import { formatAsked, formatFigure, machineText, methodText } from "./text.ts";
import type { Verdict } from "./verdicts.ts";

/** A page that needs nothing beside itself: what was asked and whether it is met, then a chart for each figure. */
export function pageOf(results: readonly Result[]): string {
  const style = readFileSync(new URL("./page.css", import.meta.url), "utf8");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Heddle, measured</title>
<style>
${style}</style>
</head>
<body>
<main>
<h1>Heddle, measured</h1>
${runs(results)}
${asked(results)}
${results.map(section).join("\n")}
</main>
</body>
</html>
`;
}

/** Where and when: once, unless results were kept from different runs. */
function runs(results: readonly Result[]): string {
  const byRun = Map.groupBy(
    results,
    ({ machine, at }) => `${at.slice(0, 10)}, ${machineText(machine)}`,
  );
  return [...byRun]
    .map(([run, of]) => {
      const loads = of.map(({ machine }) => machine.load);
      const names = byRun.size === 1 ? "" : `${of.map(({ name }) => name).join(", ")}: `;
      const load = `The machine's load before a bench began: ${formatFigure(Math.max(...loads))} at most.`;
      return html`<p class="run">${names}${run}. ${load}</p>`;
    })
    .join("\n");
}

function asked(results: readonly Result[]): string {
  const all = results.flatMap(({ name, verdicts }) =>
    verdicts.map((verdict) => ({ name, verdict })),
  );
  const met = all.filter(({ verdict }) => verdict.isMet).length;
  const rows = all.map(({ name, verdict }) => askedRow(name, verdict));
  return `<section>
<h2>Asked</h2>
${html`<p>${met} of ${all.length} are met.</p>`}
<table>
<thead><tr><th>bench</th><th>figure</th><th>measured</th><th>asked</th><th>met</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</section>`;
}

function askedRow(name: string, verdict: Verdict): string {
  const { contestant, figure, measured, isMet } = verdict;
  const [mark, word] = isMet ? ["met", "✓ met"] : ["unmet", "✗ not met"];
  return html`<tr>
<td><a href="#${name}">${name}</a></td>
<td>${contestant}: ${figure}</td>
<td class="number">${formatFigure(measured)}</td>
<td>${formatAsked(verdict)}</td>
<td class="${mark}">${word}</td>
</tr>`;
}

function section(result: Result): string {
  const { name, question, rows, failures, verdicts } = result;
  const charts = figuresOf(rows).map((figure) => barChart(figure, rows, verdicts));
  const note = `${methodText(result)} Thin line: from the least to the most. Dashed: what is asked.`;
  return `<section id="${name}">
${html`<h2>${name}</h2>
<p>${question}</p>
<p class="note">${note}</p>`}
${failures.map(failed).join("\n")}
${charts.join("\n")}
</section>`;
}

function failed({ contestant, stderr }: Failure): string {
  return html`<p class="unmet">${contestant} has failed:</p>
<pre>${stderr}</pre>`;
}
