/** Keeps the process alive while somebody holds it. */
export class KeepAlive {
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Returns what lets go again; calling that twice is the same as once. */
  hold(): () => void {
    this.#holders += 1;
    this.#timer ??= setInterval(() => {}, 2_147_483_647);
    let isHolding: boolean = true;
    return () => {
      if (!isHolding) return;
      isHolding = false;
      this.#holders -= 1;
      if (this.#holders > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
