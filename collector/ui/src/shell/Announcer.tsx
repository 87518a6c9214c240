// What a screen reader hears by itself: that findings changed, politely, at most every 30 s.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Finding } from "../api/shapes.ts";
import { counted } from "../model/format.ts";

const QUIET = 30_000;

/** `findings`: `null` until they were answered. */
export function Announcer({ findings }: { findings: readonly Finding[] | null }): JSX.Element {
  const [said, say] = useState("");
  const known = useRef<Set<string> | null>(null);
  const last = useRef(0);
  useEffect(() => {
    if (!findings) return;
    const now = new Set(findings.map(({ kind, edge_id: id }) => `${kind} ${id}`));
    const before = known.current;
    if (before === null) {
      known.current = now;
      return;
    }
    const fresh = [...now].filter((key) => !before.has(key)).length;
    const gone = [...before].filter((key) => !now.has(key)).length;
    if ((fresh === 0 && gone === 0) || Date.now() - last.current < QUIET) return;
    known.current = now;
    last.current = Date.now();
    say(`${counted(fresh, "new finding")}, ${gone} gone, ${findings.length} in all`);
  }, [findings]);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {said}
    </p>
  );
}
