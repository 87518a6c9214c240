// Signals and answers in components. A component is drawn again when a signal it reads changes.

import type { ReadonlySignal } from "@preact/signals-core";
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api/ask.ts";

export function useValue<T>(source: ReadonlySignal<T>): T {
  const [, set] = useState<{ value: T }>({ value: source.peek() });
  useEffect(() => {
    let seen = source.peek();
    return source.subscribe((value) => {
      if (value === seen) return;
      seen = value;
      set({ value });
    });
  }, [source]);
  return source.peek();
}

interface Answer<T> {
  value: T | null;
  error: string | null;
}

/**
 * The answer of `address`, asked anew when that changes. Until then the last answer about the same `subject` stays, so that a
 * refresh takes nothing off the page.
 */
export function useAnswer<T>(address: string | null, schema: string, subject: string): Answer<T> {
  const [held, hold] = useState<{ subject: string; value: T | null; error: string | null }>({ subject, value: null, error: null });
  useEffect(() => {
    if (address === null) return undefined;
    const asking = new AbortController();
    ask(address, schema, asking.signal).then(
      (value) => hold({ subject, value: value as T, error: null }),
      (error: unknown) => {
        if (asking.signal.aborted) return;
        const text = error instanceof Error ? error.message : String(error);
        hold((before) => ({ subject, value: before.subject === subject ? before.value : null, error: text }));
      },
    );
    return () => asking.abort();
  }, [address, schema, subject]);
  return held.subject === subject && address !== null ? held : { value: null, error: null };
}
