type Log = (facts: { readonly [name: string]: unknown }, message: string) => void;

/** What is logged to: the part of `pino` that is used. Facts hold no texts of conversations, no keys and no tokens. */
export type ServerLogger = {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
};

const nothing: Log = () => {};

export const SILENT: ServerLogger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
