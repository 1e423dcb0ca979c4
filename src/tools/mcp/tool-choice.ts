/**
 * Which of a server's tools a worker has, and as what. All names are the server's own.
 *
 * A name that the server does not have is a warning in the log of each job, `{ type: "warning" }`.
 */
export type McpToolChoice = {
  /** Only these. `*` stands for any characters: `"read_*"`. @defaultValue all */
  readonly include?: readonly string[];
  /** Not these, also where `include` has them. `*` stands for any characters. @defaultValue none */
  readonly exclude?: readonly string[];
  /** What a tool is called in place of its own name, 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`; `prefix` does not come before it. */
  readonly rename?: { readonly [tool: string]: string };
  /** What a model is told of a tool in place of the server's description. */
  readonly describe?: { readonly [tool: string]: string };
  /** Whether a call of a tool needs approval, in place of what `approvals` says. */
  readonly needsApproval?: { readonly [tool: string]: boolean };
};

/** Whether a worker has the tool. */
export function isChosen({ include, exclude = [] }: McpToolChoice, tool: string): boolean {
  const isIn = include === undefined || include.some((pattern) => isMatch(pattern, tool));
  return isIn && !exclude.some((pattern) => isMatch(pattern, tool));
}

/** What is said of tools that the server does not have, in words that follow its name. */
export function unknownChoices(choice: McpToolChoice, tools: readonly string[]): readonly string[] {
  const { include = [], exclude = [], rename = {}, describe = {}, needsApproval = {} } = choice;
  const has = (pattern: string): boolean => tools.some((tool) => isMatch(pattern, tool));
  const unknown = (field: string, names: readonly string[], isKnown: (name: string) => boolean) =>
    names
      .filter((name) => !isKnown(name))
      .map((name) => `has no tool ${JSON.stringify(name)}, which tools.${field} names`);
  return [
    ...unknown("include", include, has),
    ...unknown("exclude", exclude, has),
    ...Object.entries({ rename, describe, needsApproval }).flatMap(([field, byName]) =>
      unknown(field, Object.keys(byName), (name) => tools.includes(name)),
    ),
  ];
}

function isMatch(pattern: string, tool: string): boolean {
  if (!pattern.includes("*")) return pattern === tool;
  const source = pattern
    .split("*")
    .map((part) =>
      part.replaceAll(/[^a-zA-Z0-9_]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`),
    );
  return new RegExp(`^${source.join(".*")}$`, "su").test(tool);
}
