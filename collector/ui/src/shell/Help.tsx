// The list of keys, and the switch that turns single letters off.

import type { JSX, RefObject } from "preact";
import { useState } from "preact/hooks";
import { KEYS, lettersOff, setLetters } from "./keys.ts";

export function Help({ dialog, version }: { dialog: RefObject<HTMLDialogElement | null>; version: string | null }): JSX.Element {
  const [isOff, off] = useState(lettersOff());
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={isOff}
          onChange={(event) => {
            setLetters(event.currentTarget.checked);
            off(event.currentTarget.checked);
          }}
        />
        single keys do nothing
      </label>
      <p class="hint">{`Every number comes from the collector${version ? ` ${version}` : ""}. A share stands beside what it is of; what nobody covered is unknown, never zero.`}</p>
      <button type="button" class="main" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
