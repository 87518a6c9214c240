// The order of rows: worst first as the collector ranked them, or by one column.

import { COLUMNS, type ColumnKey, type Row } from "./row.ts";

export interface Sort {
  column: ColumnKey;
  descending: boolean;
}

/** Null is the collector's own order, worst first. */
export function sortRows(rows: readonly Row[], sort: Sort | null): Row[] {
  if (!sort) return [...rows];
  const sign = sort.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a.sort[sort.column], b.sort[sort.column]];
    if (typeof x === "number" && typeof y === "number") return sign * (x - y);
    return sign * String(x).localeCompare(String(y), "en", { numeric: true });
  });
}

/** What a click on a heading leads to: its natural direction, the other one, worst first again. */
export function nextSort(current: Sort | null, column: ColumnKey): Sort | null {
  const numbersFirst = COLUMNS.some((c) => c.key === column && (c.numeric || c.key === "mtls"));
  if (current?.column !== column) return { column, descending: numbersFirst };
  return current.descending === numbersFirst ? { column, descending: !numbersFirst } : null;
}
