import { PassThrough } from "node:stream";

/** A terminal that a test types on, and whose screen it reads. */
export class FakeTerminal {
  readonly input: PassThrough & { setRawMode?: (on: boolean) => unknown } = new PassThrough();
  readonly output: PassThrough = new PassThrough();
  /** Whether keys are read one by one: then Ctrl-C is no signal. */
  isRaw: boolean = false;
  #text = "";
  readonly #waiting = new Set<() => void>();

  constructor() {
    this.input.setRawMode = (on) => {
      this.isRaw = on;
    };
    this.output.setEncoding("utf8").on("data", (text: string) => this.#take(text));
  }

  get text(): string {
    return this.#text;
  }

  /** As `Output` writes to a standard stream. */
  readonly stream = {
    isTTY: true,
    columns: 80,
    rows: 24,
    write: (text: string, taken: () => void): void => {
      this.output.write(text);
      taken();
    },
    on: (): void => {},
  };

  type(keys: string): void {
    this.input.write(keys);
  }

  /** Resolves once `pattern` is on the screen, below what earlier calls have waited for. */
  async until(pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const check = (): void => {
      const found = pattern.exec(this.#text);
      if (found === null) return;
      const end = found.index + found[0].length;
      const before = this.#text.slice(0, end);
      this.#text = this.#text.slice(end);
      this.#waiting.delete(check);
      resolve(before);
    };
    this.#waiting.add(check);
    check();
    return await promise;
  }

  #take(text: string): void {
    this.#text += text;
    for (const check of this.#waiting) check();
  }
}
