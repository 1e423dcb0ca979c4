/** Between two turns of the loop; what is more is counted, and dropped. */
const MAX_LENGTH = 65_536;

type Report = (stream: "stdout" | "stderr", text: string) => void;

/**
 * Takes what code in this thread prints, in place of Node's own way through the parent's event loop, which holds it all in
 * memory: one report for each turn of the loop, bounded.
 */
export function captureOutput(report: Report): void {
  for (const stream of ["stdout", "stderr"] as const) {
    let text = "";
    let dropped = 0;
    let isFlushing = false;
    const flush = () => {
      report(stream, dropped === 0 ? text : `${text}\n… ${dropped} characters more\n`);
      text = "";
      dropped = 0;
      isFlushing = false;
    };
    const write = (chunk: string | Uint8Array): boolean => {
      if (!isFlushing) setImmediate(flush);
      isFlushing = true;
      const piece = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      const kept = piece.slice(0, Math.max(0, MAX_LENGTH - text.length));
      text += kept;
      dropped += piece.length - kept.length;
      return true;
    };
    Object.defineProperty(process[stream], "write", { value: withCallback(write) });
  }
}

/** `write(chunk, encoding?, callback?)`, as streams have it. */
function withCallback(write: (chunk: string | Uint8Array) => boolean) {
  return (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    const callback = rest.find((argument) => typeof argument === "function");
    if (callback) queueMicrotask(callback as () => void);
    return write(chunk);
  };
}
