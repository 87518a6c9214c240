// What stands above what the shape of the mesh says: how complete it is, that no filter narrows it, and that it is asked for or refused.

import type { JSX } from "preact";
import type { Observed } from "../api/shapes.ts";
import { Coverage } from "../shell/Coverage.tsx";
import type { View } from "../state/address.ts";

interface HeadProps {
  title: string;
  asking: string;
  answer: { value: Observed | null; error: string | null };
  view: View;
}

export function Head({ title, asking, answer: { value, error }, view }: HeadProps): JSX.Element {
  const narrowed = (["namespace", "protocol", "security"] as const).filter((name) => view[name] !== "");
  return (
    <>
      <h2>{title}</h2>
      {value && (
        <p class="hint">
          <Coverage of={value.completeness} />
        </p>
      )}
      {narrowed.length > 0 && <p class="notice">{`This is of the whole mesh: the filter by ${narrowed.join(", ")} does not narrow it.`}</p>}
      {error && <p class="notice" data-testid="refused">{value ? `Not answered anew: ${error}. What stands here is older.` : `Not answered: ${error}.`}</p>}
      {!value && !error && <p class="hint">{asking}</p>}
    </>
  );
}
