import type { Machine } from "../machine.ts";
import type { Result } from "./result.ts";
import { figuresOf } from "./rows.ts";
import type { Verdict } from "./verdicts.ts";

/** Three digits, or all of a whole number. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

export function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? "" : `${formatFigure(ratio)} x`;
}

/** With what it comes to, where that is not said already. */
export function formatAsked({ asked, limit }: Verdict): string {
  const comesTo = formatFigure(limit);
  return asked.endsWith(` ${comesTo}`) ? asked : `${asked} = ${comesTo}`;
}

export function machineText({ cores, cpu, memoryGb, node, commit, packages }: Machine): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `Node ${node}, ${cores} x ${cpu}, ${memoryGb} GB, commit ${commit}; ${versions.join(", ")}`;
}

/** How the figures of a result have come about. */
export function methodText({ rounds, size, baseline }: Result): string {
  const tiny = size === "tiny" ? "A tiny run, whose figures mean nothing. " : "";
  return `${tiny}Medians of ${rounds} interleaved runs; x: as many times as ${baseline}.`;
}

/** For a terminal. */
export function resultText(result: Result): string {
  const { name, question, rows, verdicts } = result;
  const width = Math.max(...rows.map(({ contestant }) => contestant.length));
  const lines = rows.map(({ contestant, figures }) => {
    const cells = Object.entries(figures).map(([figure, { median, ratio }]) => {
      const beside = ratio === undefined ? "" : ` (${formatRatio(ratio)})`;
      return `${figure} ${formatFigure(median)}${beside}`;
    });
    return `  ${contestant.padEnd(width)}  ${cells.join("   ")}`;
  });
  const failures = result.failures.map(
    ({ contestant, stderr }) =>
      `  FAILED: ${contestant}\n${stderr.trimEnd().replace(/^/gm, "    ")}`,
  );
  return [
    `${name}: ${question}`,
    methodText(result),
    ...lines,
    ...failures,
    ...verdicts.map((verdict) => `  ${verdictText(verdict)}`),
  ].join("\n");
}

function verdictText(verdict: Verdict): string {
  const { figure, contestant, measured, isMet } = verdict;
  const is = `${formatFigure(measured)}, asked ${formatAsked(verdict)}`;
  return `${isMet ? "met    " : "NOT MET"}  ${contestant}, ${figure}: ${is}`;
}

/** For a README: what was asked, then all figures. */
export function resultsMarkdown(results: readonly Result[]): string {
  const asked = results.flatMap(({ name, verdicts }) =>
    verdicts.map((verdict) => [
      name,
      `${verdict.contestant}: ${verdict.figure}`,
      formatFigure(verdict.measured),
      formatAsked(verdict),
      verdict.isMet ? "yes" : "**no**",
    ]),
  );
  return [
    ...runsOf(results),
    table(["bench", "figure", "measured", "asked", "met"], asked),
    ...results.map(figuresMarkdown),
  ].join("\n\n");
}

/** Where and when: once, unless results were kept from different runs. */
function runsOf(results: readonly Result[]): readonly string[] {
  const runs = results.map(({ machine, at }) => `${at.slice(0, 10)}, ${machineText(machine)}.`);
  return [...new Set(runs)];
}

function figuresMarkdown(result: Result): string {
  const { name, question, rows, failures } = result;
  const names = figuresOf(rows);
  const lines = rows.map(({ contestant, figures }) => [
    contestant,
    ...names.map((figure) => {
      const { median, ratio } = figures[figure] ?? { median: undefined, ratio: undefined };
      return ratio === undefined
        ? formatFigure(median)
        : `${formatFigure(median)} (${formatRatio(ratio)})`;
    }),
  ]);
  const failed = failures.map(({ contestant }) => [contestant, ...names.map(() => "failed")]);
  const heading = `**${name}**: ${question} ${methodText(result)}`;
  return `${heading}\n\n${table([name, ...names], [...lines, ...failed])}`;
}

function table(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const cells = (line: readonly string[]) =>
    `| ${line.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [cells(heads), cells(heads.map(() => "---")), ...lines.map(cells)].join("\n");
}
