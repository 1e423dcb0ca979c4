/** A standard stream that keeps what is written. */
export class FakeStream {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly written: string[] = [];
  #onError: (error: Error) => void = () => {};

  constructor(terminal?: { readonly columns: number; readonly rows: number }) {
    this.isTTY = terminal !== undefined;
    this.columns = terminal?.columns ?? 80;
    this.rows = terminal?.rows ?? 24;
  }

  get text(): string {
    return this.written.join("");
  }

  write(text: string, taken: () => void): void {
    this.written.push(text);
    queueMicrotask(taken);
  }

  on(_: "error", listener: (error: Error) => void): void {
    this.#onError = listener;
  }

  fail(error: Error): void {
    this.#onError(error);
  }
}
