// The controls above the map: period, namespace, search, mode, what is included, pause.

import { h, setText } from "./dom.ts";
import { count } from "./format.ts";
import type { Mode } from "./looks.ts";
import { shown } from "./shown.ts";
import { PERIODS, type ViewState } from "./view-state.ts";

export interface ControlEvents {
  change(part: Partial<ViewState>): void;
  pause(paused: boolean): void;
}

type Choice<T extends string> = { value: T; label: string; testid: string };

/** A row of buttons of which one is pressed. */
class Choices<T extends string> {
  readonly element: HTMLElement;
  private readonly buttons = new Map<T, HTMLButtonElement>();

  constructor(label: string, choices: readonly Choice<T>[], choose: (value: T) => void) {
    const buttons = choices.map(({ value, label: text, testid }) => {
      const button = h("button", { type: "button", "data-testid": testid, onclick: () => choose(value) }, text);
      this.buttons.set(value, button);
      return button;
    });
    this.element = h("div", { class: "choices", role: "group", "aria-label": label }, ...buttons);
  }

  show(chosen: string): void {
    for (const [value, button] of this.buttons) button.setAttribute("aria-pressed", String(value === chosen));
  }
}

export class Controls {
  readonly element: HTMLElement;
  private readonly periods: Choices<string>;
  private readonly modes: Choices<Mode>;
  private readonly namespace = h("select", { id: "namespace", "data-testid": "namespace" });
  private readonly search = h("input", { id: "search", type: "search", placeholder: "search (/): workload, SPIFFE id …", title: "every word has to occur; from: and to: look at one end only", "data-testid": "search", autocomplete: "off", spellcheck: "false" });
  private readonly probe = h("input", { type: "checkbox", id: "probe", "data-testid": "include-probe" });
  private readonly telemetry = h("input", { type: "checkbox", id: "telemetry", "data-testid": "include-telemetry" });
  private readonly probeLabel = h("label", { for: "probe" }, "probes");
  private readonly telemetryLabel = h("label", { for: "telemetry" }, "telemetry");
  private readonly workload = h("button", { type: "button", class: "chip", hidden: true, "data-testid": "workload-chip" });
  private readonly namespaces = new Set<string>();

  constructor(events: ControlEvents) {
    this.periods = new Choices("period", PERIODS.map((value) => ({ value, label: value, testid: `since-${value}` })), (since) => events.change({ since }));
    const modes: Choice<Mode>[] = [
      { value: "errors", label: "Errors", testid: "mode-errors" },
      { value: "mtls", label: "mTLS", testid: "mode-mtls" },
    ];
    this.modes = new Choices("colour edges by", modes, (mode) => events.change({ mode }));
    this.listen(events);
    const pause = h("button", { type: "button", class: "pause", "aria-pressed": "false", "data-testid": "pause" }, "Pause");
    pause.addEventListener("click", () => {
      const paused = pause.getAttribute("aria-pressed") !== "true";
      pause.setAttribute("aria-pressed", String(paused));
      setText(pause, paused ? "Resume" : "Pause");
      events.pause(paused);
    });
    const field = (label: string, ...inner: HTMLElement[]): HTMLElement => h("div", { class: "field" }, h("span", { class: "soft" }, label), ...inner);
    this.element = h(
      "nav",
      { class: "controls", "aria-label": "what the map shows" },
      field("last", this.periods.element),
      h("div", { class: "field" }, h("label", { for: "namespace", class: "soft" }, "namespace"), this.namespace),
      this.workload,
      h("div", { class: "field grow" }, h("label", { for: "search", class: "unseen" }, "search edges"), this.search),
      field("colour by", this.modes.element),
      field("include", this.probe, this.probeLabel, this.telemetry, this.telemetryLabel),
      pause,
    );
  }

  private listen(events: ControlEvents): void {
    this.namespace.addEventListener("change", () => events.change({ namespace: this.namespace.value }));
    this.search.addEventListener("input", () => events.change({ search: this.search.value }));
    this.probe.addEventListener("change", () => events.change({ probe: this.probe.checked }));
    this.telemetry.addEventListener("change", () => events.change({ telemetry: this.telemetry.checked }));
    this.workload.addEventListener("click", () => events.change({ workload: "" }));
  }

  show(state: ViewState): void {
    this.periods.show(state.since);
    this.modes.show(state.mode);
    if (this.search.value !== state.search) this.search.value = state.search;
    this.probe.checked = state.probe;
    this.telemetry.checked = state.telemetry;
    this.workload.hidden = state.workload === "";
    setText(this.workload, `only ${state.workload} ×`);
    this.workload.setAttribute("aria-label", shown(`showing only ${state.workload}: show all workloads again`));
    this.offer(state.namespace ? [state.namespace] : []);
    this.namespace.value = state.namespace;
  }

  /** Namespaces seen once stay on offer: a filtered map no longer names the others. */
  offer(names: Iterable<string>): void {
    const before = this.namespaces.size;
    for (const name of names) if (name) this.namespaces.add(name);
    if (this.namespaces.size === before && this.namespace.options.length > 0) return;
    const chosen = this.namespace.value;
    const options = [...this.namespaces].sort().map((name) => h("option", { value: name }, name));
    this.namespace.replaceChildren(h("option", { value: "" }, "all"), ...options);
    this.namespace.value = chosen;
  }

  leftOut({ probe, telemetry }: { probe: number; telemetry: number }): void {
    setText(this.probeLabel, probe > 0 ? `probes (${count(probe)} left out)` : "probes");
    setText(this.telemetryLabel, telemetry > 0 ? `telemetry (${count(telemetry)} left out)` : "telemetry");
  }
}
