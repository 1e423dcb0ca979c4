import { resolve } from "node:path";

/**
 * Takes from this thread what Node's permission model leaves to it: to read the working directory, which for a process started in
 * "/" would be everything. A working directory that was granted by name stays readable. Early versions of Node 24 cannot take it away:
 * there `inspect().notEnforced` has "working-directory".
 */
export function dropWorkingDirectory(): void {
  if (!isGranted(process.cwd())) process.permission?.drop?.("fs.read", process.cwd());
}

/** To drop a directory takes away its own grant, too. */
function isGranted(directory: string): boolean {
  const prefix = "--allow-fs-read=";
  return process.execArgv.some(
    (flag) =>
      flag.startsWith(prefix) &&
      resolve(flag.slice(prefix.length).replace(/\*$/, "")) === resolve(directory),
  );
}
