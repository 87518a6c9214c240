// What the reader chose, as the page's address holds it: a link shows the same picture. Nothing is asked here.

export type Place = "map" | "edge" | "workload" | "compare" | "findings" | "coupling" | "entries" | "compliance";
export type Part = "" | "impact" | "calls";
export type Show = "lanes" | "matrix" | "table";
export type Mode = "errors" | "mtls";

export interface View {
  view: Place;
  show: Show;
  mode: Mode;
  /** Length of the window: `5m`. */
  since: string;
  /** Both set: the window is pinned. Both `null`: it follows now. */
  from: string | null;
  to: string | null;
  namespace: string;
  protocol: string;
  security: string;
  /** Traffic that is left out by default. */
  include: readonly string[];
  /** What is searched for, on the page alone. */
  q: string;
  edge: string | null;
  workload: string | null;
  /** What is told of a workload: nothing for its edges, `impact` for what breaks with it, `calls` for what it waits for. */
  part: Part;
  /** The workload whose surroundings alone are drawn, and how many steps of them. */
  around: string | null;
  depth: number;
  /** Lanes that are not as the draw budget has them: `+name` opened, `-name` folded. */
  lanes: readonly string[];
  /** Place and size of the picture: `x,y,scale`. */
  at: string | null;
  /** Of which placing the picture was when the address was copied. */
  epoch: string | null;
  /** Column of the table, with `-` behind it for downwards. */
  sort: string | null;
  page: number;
  by: string;
  kind: string;
  a: string | null;
  b: string | null;
  word: string;
  /** The policy whose violating edges are listed. */
  policy: string | null;
}

export const START: View = {
  view: "map", show: "lanes", mode: "errors", since: "5m", from: null, to: null, namespace: "", protocol: "", security: "", include: [], q: "",
  edge: null, workload: null, part: "", around: null, depth: 1, lanes: [], at: null, epoch: null, sort: null, page: 1, by: "namespace", kind: "", a: null, b: null, word: "", policy: null,
};

const PLACES: readonly string[] = ["map", "edge", "workload", "compare", "findings", "coupling", "entries", "compliance"];
const SHOWS: readonly string[] = ["lanes", "matrix", "table"];
const PARTS: readonly string[] = ["impact", "calls"];
const TEXTS = ["namespace", "protocol", "security", "q", "by", "kind", "word"] as const;
const CHOSEN = ["edge", "workload", "around", "at", "epoch", "sort", "a", "b", "policy"] as const;

function isTime(text: string | null): text is string {
  return text !== null && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

function whole(text: string | null, most: number): number {
  const number = Number(text ?? 1);
  return Number.isInteger(number) && number >= 1 ? Math.min(number, most) : 1;
}

export function fromAddress(search: string): View {
  const params = new URLSearchParams(search);
  const view: View = { ...START };
  const place = params.get("view") ?? "";
  if (PLACES.includes(place)) view.view = place as Place;
  const show = params.get("show") ?? "";
  if (SHOWS.includes(show)) view.show = show as Show;
  const part = params.get("part") ?? "";
  if (PARTS.includes(part)) view.part = part as Part;
  if (params.get("mode") === "mtls") view.mode = "mtls";
  const since = params.get("since") ?? "";
  if (/^[1-9]\d*[smhd]$/.test(since)) view.since = since;
  const [from, to] = [params.get("from"), params.get("to")];
  if (isTime(from) && isTime(to) && Date.parse(from) < Date.parse(to)) Object.assign(view, { from, to });
  for (const name of TEXTS) view[name] = params.get(name) ?? START[name];
  for (const name of CHOSEN) view[name] = params.get(name) || null;
  view.include = (params.get("include") ?? "").split(",").filter((word) => ["probe", "telemetry", "declared"].includes(word));
  view.lanes = params.getAll("lane");
  view.depth = whole(params.get("depth"), 3);
  view.page = whole(params.get("page"), 100_000);
  return view;
}

/** The address of a view: only what differs from the start. */
export function toAddress(view: View): string {
  const params = new URLSearchParams();
  for (const name of ["view", "show", "mode", "part", "since", "from", "to", ...TEXTS, ...CHOSEN] as const) {
    const value = view[name];
    if (value !== START[name] && value) params.set(name, value);
  }
  if (view.include.length > 0) params.set("include", view.include.join(","));
  for (const lane of view.lanes) params.append("lane", lane);
  if (view.depth !== 1) params.set("depth", String(view.depth));
  if (view.page !== 1) params.set("page", String(view.page));
  const text = params.toString();
  return text ? `?${text}` : "?";
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

/** Seconds of `5m`. */
export function seconds(since: string): number {
  return Number(since.slice(0, -1)) * (UNITS[since.slice(-1)] ?? 60);
}
