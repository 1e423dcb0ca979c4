import { createLogUpdate } from "log-update";
import type { Output } from "./output.ts";
import { tableHeight } from "./report.ts";
import { printable } from "./terminal.ts";

/** At most ten times a second. */
const REDRAW_MS = 100;

/** The lines of a table: always `height` of them, none wider than `width` cells. */
export type DrawTable = (size: { readonly width: number; readonly height: number }) => string[];

/** Draws a table that stays in its place. Owns a timer, until it is closed. */
export class LiveTable {
  readonly #terminal: Output;
  readonly #table: DrawTable;
  readonly #draw: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  readonly #heldNotes: string[] = [];

  constructor(terminal: Output, table: DrawTable) {
    this.#terminal = terminal;
    this.#table = table;
    this.#draw = createLogUpdate(asStream(terminal));
    this.#timer = setInterval(() => this.#redraw(), REDRAW_MS);
    this.#redraw();
  }

  note(text: string): void {
    const line = printable(`heddle: ${text}`);
    if (this.#terminal.isHeld) this.#heldNotes.push(line);
    else this.#draw.persist(line);
  }

  hold(): void {
    this.#draw.clear();
    this.#draw.done();
  }

  ended(): void {
    // The next redraw shows it.
  }

  close(): void {
    clearInterval(this.#timer);
    this.#persistHeld();
    this.#draw.clear();
    this.#draw.done();
  }

  #redraw(): void {
    if (this.#terminal.isHeld) return;
    this.#persistHeld();
    const { columns, rows } = this.#terminal.size;
    // A terminal breaks a line that fills its last cell.
    const size = { width: columns - 1, height: tableHeight(rows) };
    this.#draw(this.#table(size).join("\n"));
  }

  #persistHeld(): void {
    for (const line of this.#heldNotes.splice(0)) this.#draw.persist(line);
  }
}

/** What `log-update` needs of a terminal; it writes through `terminal`, as everything does. */
function asStream(terminal: Output): NodeJS.WritableStream {
  const stream = {
    isTTY: true,
    get columns(): number {
      return terminal.size.columns;
    },
    get rows(): number {
      return terminal.size.rows;
    },
    write(text: string): boolean {
      void terminal.write(text);
      return true;
    },
  };
  return stream as unknown as NodeJS.WritableStream;
}
