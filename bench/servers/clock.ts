/** Milliseconds by the machine's own clock: the same in every process and thread, and never set back. */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

/** A chunk's number, and when it was sent, to the microsecond: at most 12 characters. */
export function stampOf(index: number, sentMs: number): string {
  return `${index.toString(36)} ${Math.round(sentMs * 1_000).toString(36)}`;
}

export function readStamp(text: string): { readonly index: number; readonly sentMs: number } {
  const space = text.indexOf(" ");
  const [index, micros] = [text.slice(0, space), text.slice(space + 1)];
  return { index: Number.parseInt(index, 36), sentMs: Number.parseInt(micros, 36) / 1_000 };
}
