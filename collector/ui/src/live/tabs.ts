// One stream for all tabs of a browser: HTTP/1.1 allows six connections to an origin, and each stream holds one. A tab that is seen
// waits for the lock; who has it holds the stream and tells the others. A hidden tab is silent.

import { POLL, stream, type Told, type Way } from "./stream.ts";

/** Collectors behind different paths of one origin are different ones. */
const NAME = `hogusu events ${location.pathname}`;

type Message = "tick" | "hello" | { way: Way };

/** Tells of new slots while the tab is seen, until the returned function is called. */
export function live(told: Told): () => void {
  // Locks are for secure contexts (https, loopback). Without them tabs cannot agree on one stream.
  if (!("locks" in navigator)) return polled(told);
  const channel = new BroadcastChannel(NAME);
  let way: Way | null = null;
  let isLeader = false;
  let leave: (() => void) | null = null;

  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data === "hello") {
      if (isLeader && way) channel.postMessage({ way } satisfies Message);
    } else if (document.hidden) return;
    else if (data === "tick") told.tick();
    else told.way(data.way);
  };

  const lead = (): Promise<void> =>
    new Promise((resolve) => {
      isLeader = true;
      const close = stream({
        tick: () => {
          told.tick();
          channel.postMessage("tick" satisfies Message);
        },
        way: (now) => {
          if (way !== now) channel.postMessage({ way: now } satisfies Message);
          way = now;
          told.way(now);
        },
      });
      leave = () => {
        close();
        isLeader = false;
        way = null;
        resolve();
      };
    });

  let waiting: AbortController | null = null;
  const seen = (): void => {
    if (document.hidden) {
      waiting?.abort();
      waiting = null;
      leave?.();
      leave = null;
    } else if (!waiting) {
      waiting = new AbortController();
      const { signal } = waiting;
      channel.postMessage("hello" satisfies Message);
      told.tick();
      navigator.locks.request(NAME, { signal }, () => (signal.aborted ? undefined : lead())).catch(() => undefined);
    }
  };
  document.addEventListener("visibilitychange", seen);
  seen();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    waiting?.abort();
    leave?.();
    channel.close();
  };
}

function polled(told: Told): () => void {
  told.way("polling");
  told.tick();
  const timer = setInterval(() => !document.hidden && told.tick(), POLL);
  return () => clearInterval(timer);
}
