/** Messages of one actor in one turn of the supervisor's loop. An actor that waits for its answers never comes near. */
export const MAX_MESSAGES_PER_TURN = 256;

/** Counts the messages of one sender, turn by turn. */
export class FloodGate {
  #count = 0;

  /** Notes one more message. Whether there are too many in this turn. */
  isFlooded(): boolean {
    if (this.#count === 0) {
      setImmediate(() => {
        this.#count = 0;
      });
    }
    this.#count += 1;
    return this.#count > MAX_MESSAGES_PER_TURN;
  }
}
