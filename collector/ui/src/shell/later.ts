// Views that come after the map, each when it is opened first; what a panel needs the page fetches once the map is there.

import { lazy } from "./lazy.tsx";

const details = () => import("../edge/details.ts");
const matrix = () => import("../map/Matrix.tsx");

export const EdgeView = lazy(() => details().then((module) => module.EdgeView));
export const WorkloadView = lazy(() => details().then((module) => module.WorkloadView));
export const Strip = lazy(() => import("../strip/Strip.tsx").then((module) => module.Strip));
const shape = () => import("../shape/views.ts");

export const CouplingView = lazy(() => shape().then((module) => module.CouplingView));
export const EntriesView = lazy(() => shape().then((module) => module.EntriesView));
export const Matrix = lazy(() => matrix().then((module) => module.Matrix));
export const CompareView = lazy(() => import("../compare/CompareView.tsx").then((module) => module.CompareView));
export const ComplianceView = lazy(() => import("../compliance/ComplianceView.tsx").then((module) => module.ComplianceView));
export const FindingsView = lazy(() => import("../findings/FindingsView.tsx").then((module) => module.FindingsView));

export function fetchDetails(): void {
  void details().catch(() => undefined);
}
