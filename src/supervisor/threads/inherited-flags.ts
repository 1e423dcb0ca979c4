/** Flags of Node that decide how modules are found, loaded and shown in stack traces. */
const WITH_VALUE = [
  "--import",
  "--require",
  "-r",
  "--experimental-loader",
  "--loader",
  "--conditions",
  "-C",
  "--disable-warning",
];
const WITHOUT_VALUE = [
  "--enable-source-maps",
  "--no-warnings",
  "--preserve-symlinks",
  "--experimental-transform-types",
  "--experimental-strip-types",
];

/**
 * Which of the process's own flags its threads get too: those by which modules load. The rest is left out, because many flags
 * are refused for a thread, or make no sense in one (`--input-type`, `--eval`, `--inspect`).
 */
export function inheritedFlags(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i] as string;
    const name = flag.split("=", 1)[0] as string;
    const value = execArgv[i + 1];
    if (WITHOUT_VALUE.includes(flag)) kept.push(flag);
    else if (!WITH_VALUE.includes(name)) continue;
    else if (name !== flag) kept.push(flag);
    else if (value !== undefined) {
      kept.push(flag, value);
      i += 1;
    }
  }
  return kept;
}
