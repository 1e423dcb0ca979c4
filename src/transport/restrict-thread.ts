import { HeddleError } from "../errors.ts";
import { guardDescriptors } from "./own-descriptors.ts";

/**
 * Takes from this thread what Node's permission model leaves to it, although it reaches beyond the thread: the diagnostic report,
 * which holds the environment of the process; signals and priorities, which hit the process itself; descriptors that others have
 * opened. Must run before any code of a user is loaded, which could keep the originals. A thread that loads none does without: it
 * costs 0.4 MB.
 *
 * It is not complete: `inspect().notEnforced` says what stays open.
 */
export function restrictThread(): void {
  // Imported, each would cost a thread memory and time: with `node:fs`, its promises are loaded.
  const { syncBuiltinESMExports } = process.getBuiltinModule("node:module");
  // Not deleted: what can be defined again looks as if it could be had back.
  Object.defineProperty(process, "report", { value: undefined, configurable: false });
  if (!process.permission?.has("child")) {
    // SIGUSR1 opens the inspector of the main thread to everybody on this machine.
    refuse(process, ["kill", "_kill", "_debugProcess", "_debugEnd"]);
    refuse(process.getBuiltinModule("node:os"), ["setPriority"]);
  }
  guardDescriptors();
  // `import { report } from "node:process"` has a copy of its own, if a module was imported before.
  syncBuiltinESMExports();
}

/** Puts functions that throw where the `names` were that are there. */
function refuse(owner: object, names: readonly string[]): void {
  for (const name of names.filter((each) => each in owner)) {
    const value = () => {
      throw denied(owner === process ? `process.${name}()` : `os.${name}()`);
    };
    Object.defineProperty(owner, name, { value });
  }
}

function denied(what: string): HeddleError {
  const grant = "permissions.childProcess: true";
  const message = `permission denied: ${what} takes ${grant}`;
  return new HeddleError("PERMISSION_DENIED", message, { details: { grant } });
}
