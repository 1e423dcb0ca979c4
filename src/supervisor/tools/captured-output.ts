import { StringDecoder } from "node:string_decoder";

/** What is kept of one output of a command: its first bytes, as text. */
export class CapturedOutput {
  /** What has been kept so far. */
  text = "";
  /** Whether more came than is kept. */
  isTruncated: boolean = false;
  readonly #decoder = new StringDecoder("utf8");
  #leftBytes: number;

  constructor(maxBytes: number) {
    this.#leftBytes = maxBytes;
  }

  /** Returns what it adds to the text. A character that is cut off by the end of `bytes` comes with the rest of it. */
  take(bytes: Buffer): string {
    const kept = bytes.subarray(0, this.#leftBytes);
    this.#leftBytes -= kept.length;
    if (kept.length < bytes.length) this.isTruncated = true;
    return this.#add(this.#decoder.write(kept));
  }

  /** The output has ended. A character that was cut off by the bound is left out; one that the command never finished shows as such. */
  end(): string {
    return this.isTruncated ? "" : this.#add(this.#decoder.end());
  }

  #add(text: string): string {
    this.text += text;
    return text;
  }
}
