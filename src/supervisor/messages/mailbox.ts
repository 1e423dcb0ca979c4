export type MailboxOptions = {
  /** How many messages may wait, 1 to 1,000,000. @defaultValue 1_000 */
  readonly max?: number;
  /** What happens to one more: it is refused with `MAILBOX_FULL`, or its sender waits for room; an actor never waits. @defaultValue "refuse" */
  readonly whenFull?: "refuse" | "block";
};

/** What the mailbox must know of a letter. */
export type Queued = {
  readonly deadlineMs: number;
  readonly onQueued: () => void;
};

/**
 * The messages that wait for one worker.
 *
 * 1. Signals come before letters, and are never refused.
 * 2. Letters come out in the order in which they were accepted; those that had to wait for room come in in their order.
 * 3. A letter whose deadline has passed does not come out, and takes no room from one that has yet to come in.
 * 4. At most `max` letters are in, but for those of the supervisor itself.
 */
export class Mailbox<L extends Queued, S> {
  readonly #max: number;
  readonly #signals: S[] = [];
  #letters: L[] = [];
  /** Letters before this place are out already: to shift a long array for each would cost too much. */
  #head = 0;
  #outside: L[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Letters that are in. */
  get size(): number {
    return this.#letters.length - this.#head;
  }

  signal(signal: S): void {
    this.#signals.push(signal);
  }

  /** Puts the letter in. Returns false if there is no room. */
  offer(letter: L, nowMs: number): boolean {
    if (this.#isFull()) this.#dropExpired(nowMs);
    if (this.#isFull() || this.#outside.length > 0) return false;
    this.add(letter);
    return true;
  }

  /** Puts the letter in, room or not. */
  add(letter: L): void {
    this.#letters.push(letter);
    letter.onQueued();
  }

  /** Has the letter wait outside until there is room. */
  wait(letter: L): void {
    this.#outside.push(letter);
  }

  nextSignal(): S | undefined {
    return this.#signals.shift();
  }

  /** Takes out the next letter, and lets in who waits for its place. */
  next(nowMs: number): L | undefined {
    for (let letter = this.#shift(); letter; letter = this.#shift()) {
      this.#admit(nowMs);
      if (letter.deadlineMs > nowMs) return letter;
    }
    return undefined;
  }

  /** Takes out everything. */
  drain(): readonly L[] {
    const all = [...this.#letters.slice(this.#head), ...this.#outside];
    this.#letters = [];
    this.#outside = [];
    this.#head = 0;
    return all;
  }

  #shift(): L | undefined {
    const letter = this.#letters[this.#head];
    if (letter === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#letters.length) this.#compact();
    return letter;
  }

  #compact(): void {
    this.#letters = this.#letters.slice(this.#head);
    this.#head = 0;
  }

  #isFull(): boolean {
    return this.size >= this.#max;
  }

  #dropExpired(nowMs: number): void {
    this.#letters = this.#letters.slice(this.#head).filter(({ deadlineMs }) => deadlineMs > nowMs);
    this.#head = 0;
    this.#admit(nowMs);
  }

  #admit(nowMs: number): void {
    while (!this.#isFull() && this.#outside.length > 0) {
      const letter = this.#outside.shift();
      if (letter && letter.deadlineMs > nowMs) this.add(letter);
    }
  }
}
