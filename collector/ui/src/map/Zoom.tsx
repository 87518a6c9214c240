// The buttons that scale the picture.

import type { JSX } from "preact";
import { Icon } from "../shell/values.tsx";

export function Zoom({ by, fit }: { by: (factor: number) => void; fit: () => void }): JSX.Element {
  // Gestures of the picture below would take a press for a drag.
  const keep = (event: PointerEvent): void => event.stopPropagation();
  return (
    <div class="zoom" role="group" aria-label="Zoom" onPointerDown={keep}>
      <button type="button" aria-label="Zoom in" onClick={() => by(1.25)}>
        <Icon name="plus" />
      </button>
      <button type="button" aria-label="Zoom out" onClick={() => by(0.8)}>
        <Icon name="minus" />
      </button>
      <button type="button" aria-label="Show all of it" onClick={fit}>
        <Icon name="fit" />
      </button>
    </div>
  );
}
