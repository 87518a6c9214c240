// What is shown of one edge or one workload: loaded together, after the map.

export { EdgeView } from "./EdgeView.tsx";
export { WorkloadView } from "../workload/WorkloadView.tsx";
