// Values as every view shows them: names as text, shares beside what they are of, links that keep the rest of the view.

import type { ComponentChildren, JSX } from "preact";
import { count, shareOf } from "../model/format.ts";
import { middle, shown } from "../model/shown.ts";
import type { View } from "../state/address.ts";
import { change, hrefOf } from "../state/store.ts";

/** A share with numerator and denominator; `-` of nothing. */
export function Share({ part, of }: { part: number | null; of: number | null }): JSX.Element {
  if (part === null || of === null) return <span class="unknown">unknown</span>;
  return (
    <span class="share">
      <b>{shareOf(part, of)}</b> <span class="of">{`${count(part)} / ${count(of)}`}</span>
    </span>
  );
}

/** A name from outside: text alone, nothing in it hidden; cut in the middle by the styles' width, whole in its title. */
export function Name({ text, most = 80 }: { text: string; most?: number }): JSX.Element {
  const whole = shown(text);
  const cut = middle(whole, most);
  return cut === whole ? <bdi>{whole}</bdi> : <bdi title={whole}>{cut}</bdi>;
}

interface GoProps {
  to: Partial<View>;
  class?: string;
  title?: string;
  children: ComponentChildren;
  "data-testid"?: string;
  "aria-current"?: "page" | undefined;
  "aria-label"?: string;
}

/** A link within the page: an address that can be copied, opened beside, or followed without asking for the page again. */
export function Go({ to, children, ...rest }: GoProps): JSX.Element {
  const go = (event: MouseEvent): void => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    change(to);
  };
  return (
    <a href={hrefOf(to)} onClick={go} {...rest}>
      {children}
    </a>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  set: (value: T) => void;
}

/** A few that exclude each other, all to be seen. */
export function Choice<T extends string>({ label, value, options, set }: ChoiceProps<T>): JSX.Element {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([key, words]) => (
        <button type="button" key={key} aria-pressed={key === value} data-testid={`${label.toLowerCase()}-${key}`} onClick={() => set(key)}>
          {words}
        </button>
      ))}
    </div>
  );
}

// Outlines of lucide (ISC licence), 24 by 24.
const ICONS = {
  open: "M7 11V7a5 5 0 0 1 9.9-1M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z",
  copy: "M8 8h12v12H8zM4 16V4h12",
  link: "M10 13a5 5 0 0 0 7.5.5l3-3a5 5 0 0 0-7-7l-1.7 1.7M14 11a5 5 0 0 0-7.5-.5l-3 3a5 5 0 0 0 7 7l1.7-1.7",
  down: "M12 3v12M7 10l5 5 5-5M4 21h16",
  close: "M18 6L6 18M6 6l12 12",
  left: "M15 18l-6-6 6-6",
  right: "M9 18l6-6-6-6",
  plus: "M5 12h14M12 5v14",
  minus: "M5 12h14",
  fit: "M8 3H5a2 2 0 0 0-2 2v3M21 8V5a2 2 0 0 0-2-2h-3M3 16v3a2 2 0 0 0 2 2h3M16 21h3a2 2 0 0 0 2-2v-3",
  search: "M21 21l-4.3-4.3M11 19a8 8 0 1 0 0-16 8 8 0 0 0 0 16z",
  help: "M9 9a3 3 0 1 1 4 3c-.7.4-1 1-1 2M12 17.5v.01M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20z",
  filter: "M3 5h18M7 12h10M10 19h4",
  target: "M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20zM12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
} as const;

type IconName = keyof typeof ICONS;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}

export const iconPath = (name: IconName): string => ICONS[name];
