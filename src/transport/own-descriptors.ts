import type { FileHandle } from "node:fs/promises";
import { HeddleError } from "../errors.ts";

/** What takes a descriptor as its first argument. The last four also take a path. */
const BY_DESCRIPTOR = [
  ...["close", "fchmod", "fchown", "fdatasync", "fstat", "fsync", "ftruncate", "futimes"],
  ...["read", "readv", "write", "writev", "readFile", "writeFile", "appendFile", "truncate"],
].flatMap((name) => [name, `${name}Sync`]);

/** Standard input, output and error: libraries write to them by number. */
const LAST_STANDARD = 2;

type AnyFunction = (...args: readonly unknown[]) => unknown;

/**
 * From now on `node:fs` takes only descriptors that were opened by it in this thread, and the standard ones. Numbers are the same in all
 * threads of a process: one that is closed twice, or guessed, may be a file, a store or a client's connection of somebody else.
 *
 * It does not hold for sockets and terminals, which are made from a number by `node:net` and `node:tty`.
 */
export function guardDescriptors(): void {
  const own = new OwnDescriptors();
  const fs = process.getBuiltinModule("node:fs");
  const functions = fs as unknown as { readonly [name: string]: AnyFunction | undefined };
  replace(
    fs,
    "openSync",
    (open) =>
      (...args) =>
        own.add(open(...args) as number),
  );
  replace(
    fs,
    "open",
    (open) =>
      (...args) =>
        open(...args.slice(0, -1), own.adding(args.at(-1))),
  );
  replacePromises(fs, own);
  for (const name of BY_DESCRIPTOR) {
    if (functions[name]) replace(fs, name, (original) => own.guarded(name, original));
  }
}

class OwnDescriptors {
  /** A descriptor of a handle is its own as long as the handle has it. */
  readonly #open: Map<number, WeakRef<FileHandle> | undefined> = new Map();

  add(descriptor: number): number {
    this.#open.set(descriptor, undefined);
    return descriptor;
  }

  addHandle(handle: FileHandle): FileHandle {
    this.#open.set(handle.fd, new WeakRef(handle));
    return handle;
  }

  /** The callback of an `open`. What is no function is refused by Node. */
  adding(callback: unknown): unknown {
    if (typeof callback !== "function") return callback;
    return (error: unknown, descriptor: number) =>
      error ? callback(error) : callback(error, this.add(descriptor));
  }

  guarded(name: string, original: AnyFunction): AnyFunction {
    const isClose = name.startsWith("close");
    return (...args) => {
      const [descriptor] = args;
      if (typeof descriptor !== "number") return original(...args);
      if (!this.#has(descriptor)) return refuse(name, descriptor, args.at(-1));
      // Before it is closed: at once the number may be another thread's.
      if (isClose) this.#open.delete(descriptor);
      return original(...args);
    };
  }

  #has(descriptor: number): boolean {
    if (descriptor <= LAST_STANDARD) return true;
    const handle = this.#open.get(descriptor);
    return handle ? handle.deref()?.fd === descriptor : this.#open.has(descriptor);
  }
}

/** Like Node: by the callback, where there is one. */
function refuse(name: string, descriptor: number, callback: unknown): void {
  const message = `permission denied: fs.${name}() with descriptor ${descriptor}, which this thread has not opened or has closed`;
  const error = new HeddleError("PERMISSION_DENIED", message);
  if (typeof callback !== "function") throw error;
  process.nextTick(callback as (error: unknown) => void, error);
}

/** They are loaded by whoever first looks at them, as does each module that imports `node:fs`. */
function replacePromises(fs: object, own: OwnDescriptors): void {
  const { get } = Object.getOwnPropertyDescriptor(fs, "promises") as { readonly get: () => object };
  let promises: object | undefined;
  const getOnce = () => {
    if (promises) return promises;
    promises = get();
    replace(promises, "open", (open) => async (...args) => {
      return own.addHandle((await open(...args)) as FileHandle);
    });
    process.getBuiltinModule("node:module").syncBuiltinESMExports();
    return promises;
  };
  Object.defineProperty(fs, "promises", { get: getOnce });
}

/** Keeps what else the function is known by: its name, and how it is made to return a promise. */
function replace(owner: object, name: string, wrap: (original: AnyFunction) => AnyFunction): void {
  const original = Reflect.get(owner, name) as AnyFunction;
  const wrapped = wrap(original);
  const known = Object.getOwnPropertyDescriptors(original);
  Object.defineProperties(wrapped, known);
  Object.defineProperty(owner, name, { value: wrapped });
}
