// Views of what the shape of the mesh says: loaded together, when one of them is opened.

export { CouplingView } from "./CouplingView.tsx";
export { EntriesView } from "./EntriesView.tsx";
