// When the map is asked for: at once when the question changes, then every ten seconds, never while paused or hidden,
// and never twice at a time.

export const EVERY_MS = 10_000;

export class Refresh {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;
  private paused = false;

  constructor(private readonly load: (signal: AbortSignal) => Promise<void>) {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.paused) this.now();
    });
  }

  /** Asks now; an answer still on its way to an older question is dropped. */
  now(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    void this.load(running.signal).finally(() => {
      if (this.running !== running) return;
      this.running = undefined;
      this.schedule();
    });
  }

  pause(paused: boolean): void {
    this.paused = paused;
    if (paused) clearTimeout(this.timer);
    else this.now();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.paused || document.hidden) return;
    this.timer = setTimeout(() => this.now(), EVERY_MS);
  }
}
